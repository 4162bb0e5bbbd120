"""The hosted pages that donors see, and what happens when their forms are sent."""

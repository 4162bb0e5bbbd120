"""Which documents staff may upload, and which of them play where they stand; all others are only ever saved."""

PLAYED = {
    "mp4": "video/mp4",
    "m4v": "video/mp4",
    "webm": "video/webm",
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "ogg": "audio/ogg",
    "vtt": "text/vtt",
}
# Nothing that a browser would run: no HTML, no SVG.
EXTENSIONS = ["pdf", "docx", "xlsx", "pptx", "odt", "ods", "odp", "txt", "csv", "epub", "zip", *PLAYED]

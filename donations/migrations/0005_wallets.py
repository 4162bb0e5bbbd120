from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("donations", "0004_giving_words")]

    operations = [
        migrations.AddField(
            model_name="stripesetup", name="methods", field=models.JSONField(blank=True, default=list)
        ),
    ]

"""A destination's own maximum age of events, staged as its delay is."""

from django.db import migrations, models

HELP = (
    "Older events are refused before sending, waiting ones too. Empty: only the vendor's limit counts. "
    "Where both are set, the shorter."
)


class Migration(migrations.Migration):
    dependencies = [("integrations", "0014_destination_filter")]

    operations = [
        migrations.AddField(
            "destination",
            "max_age_s",
            models.PositiveIntegerField("maximum age (seconds)", null=True, blank=True, help_text=HELP),
        ),
        migrations.AddField("destinationdraft", "max_age_s", models.PositiveIntegerField(null=True)),
        migrations.AlterField(
            "destination",
            "delay_s",
            models.PositiveIntegerField(
                "delay (seconds)",
                default=0,
                help_text="Waits this long before the first attempt. A change holds for later events.",
            ),
        ),
    ]

"""Replays take turns: each destination's share is due at a time, and what breaks costs only itself."""

from django.db import migrations, models
from django.db.models.functions import Now


class Migration(migrations.Migration):
    dependencies = [("integrations", "0019_replays")]

    operations = [
        migrations.RemoveField("replay", "failures"),
        migrations.AddField("replay", "cancels_waiting", models.BooleanField(default=False, editable=False)),
        migrations.AddField("replaydestination", "due_at", models.DateTimeField(db_default=Now())),
        migrations.AddField("replaydestination", "failures", models.PositiveSmallIntegerField(default=0)),
        migrations.AddField("replaydestination", "trouble", models.TextField(default="")),
        migrations.AddField("replaydestination", "waits_since", models.DateTimeField(null=True)),
    ]

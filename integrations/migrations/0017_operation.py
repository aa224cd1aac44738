"""Operators' switches and signs of life."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("integrations", "0016_counters")]

    operations = [
        migrations.CreateModel(
            "OperatorSwitch",
            [
                ("name", models.TextField(primary_key=True, serialize=False)),
                ("is_stopped", models.BooleanField()),
                ("reason", models.TextField(blank=True)),
                ("changed_by", models.TextField()),
                ("changed_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            "Heartbeat",
            [
                ("name", models.TextField(primary_key=True, serialize=False)),
                ("kind", models.TextField()),
                ("at", models.DateTimeField()),
            ],
        ),
    ]

"""Organizations may keep events and attempts for less long than the installation."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0004_auto_deploys'),
    ]

    operations = [
        migrations.AddField(
            model_name='organization',
            name='attempt_days',
            field=models.PositiveSmallIntegerField(blank=True, help_text='Requests and answers. Empty: as long as the installation keeps them.', null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='days that attempts are kept'),
        ),
        migrations.AddField(
            model_name='organization',
            name='event_days',
            field=models.PositiveSmallIntegerField(blank=True, help_text='With their payloads and how their deliveries ended; what was not sent by then is cancelled. Empty: as long as the installation keeps them.', null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='days that events are kept'),
        ),
    ]

"""A build of a tracking file never changes: pages pin its hash, and a rollback brings back its bytes."""

from django.db import migrations

FREEZE = """
CREATE FUNCTION integrations_filebuild_is_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'A build never changes. Make the next build.';
END $$;
CREATE TRIGGER integrations_filebuild_frozen BEFORE UPDATE ON integrations_filebuild
FOR EACH ROW EXECUTE FUNCTION integrations_filebuild_is_frozen();
"""
THAW = """
DROP TRIGGER integrations_filebuild_frozen ON integrations_filebuild;
DROP FUNCTION integrations_filebuild_is_frozen();
"""


class Migration(migrations.Migration):
    dependencies = [("integrations", "0012_unsure_since")]
    operations = [migrations.RunSQL(FREEZE, THAW)]

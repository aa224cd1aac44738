"""A revision of a vendor never changes: destinations pin it, and logs refer to it."""

from django.db import migrations

FREEZE = """
CREATE FUNCTION integrations_vendorrevision_is_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF ROW(NEW.organization_id, NEW.slug, NEW.revision, NEW.document, NEW.sha256)
       IS DISTINCT FROM ROW(OLD.organization_id, OLD.slug, OLD.revision, OLD.document, OLD.sha256) THEN
        RAISE EXCEPTION 'A vendor revision never changes. Add the next revision.';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER integrations_vendorrevision_frozen BEFORE UPDATE ON integrations_vendorrevision
FOR EACH ROW EXECUTE FUNCTION integrations_vendorrevision_is_frozen();
"""
THAW = """
DROP TRIGGER integrations_vendorrevision_frozen ON integrations_vendorrevision;
DROP FUNCTION integrations_vendorrevision_is_frozen();
"""


class Migration(migrations.Migration):
    dependencies = [("integrations", "0008_vendor_questionnaires")]
    operations = [migrations.RunSQL(FREEZE, THAW)]

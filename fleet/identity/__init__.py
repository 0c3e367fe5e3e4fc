"""Who belongs to the fleet: certificate authority, one-time codes, enrolment."""

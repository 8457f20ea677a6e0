"""The survey: one shell script that reads every resource of a host in one round trip."""

"""Work that takes longer than a page: a table of jobs with lease, heartbeat and progress, and the uploads they work on.

A worker that dies loses its lease, and another takes its job over; a job is done by one at a time. What was uploaded
lies on the disk in encrypted form only, under a key of its own that is destroyed with the work.
"""

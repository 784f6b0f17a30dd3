"""What asks for runs: jobs, schedules, sensors, and the requests that they make."""

"""Points in time: cron lines, the ticks of one, and the calendar they are reckoned in."""

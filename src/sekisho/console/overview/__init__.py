"""The first page: today by chapter, what is due, the state of custody, the traffic of the gate."""

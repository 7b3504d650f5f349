"""Who works where and when: the roster, its file, calendars and expectations."""

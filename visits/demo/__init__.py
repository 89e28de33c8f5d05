"""The embedded demo: the centre of Helsinki with 240 real customers, four invented reps and two weeks of history.

Made by `scripts/make_demo_data.py`; nothing here names a calendar date, so the demo can be loaded on any day. Files:

- `helsinki.osm.pbf`: streets, restrictions, places, water and green (© OpenStreetMap contributors, ODbL 1.0)
- `customers.csv`: external_id, name, lon, lat, address, phone, email, tier, service_minutes, opening_hours,
  cadence_days, last_visit, skills, tags, territory. The columns that `beatplan import customers` takes: degrees
  WGS-84; opening_hours in OpenStreetMap syntax, empty when unknown; skills and tags separated by `;`; territory by its
  name; last_visit is empty here, because history.csv tells it.
- `reps.csv`: external_id, name, email, home_lon, home_lat, timezone, weekly_hours, lunch, skills, territory. The
  columns that `beatplan import reps` takes: weekly_hours in opening_hours syntax; lunch such as "11:30-13:30/45" is
  earliest start, latest start and minutes.
- `territories.csv`: external_id, name
- `history.csv`: customer, rep, workday, start, minutes, outcome. `customer` and `rep` are external ids; `workday`
  counts working days (Monday to Friday) from the plan's first day, 0, backwards: -1 is the working day before it;
  `start` is local time HH:MM; outcome is done or no_show. The last ten working days are complete; before them only
  each customer's latest visit is told. A customer's last visit is its latest row with outcome done.
- `appointments.csv`: customer, workday, start, end, note. Visits that must happen, starting in the span from start to
  end on that working day, 0 being the plan's first day.
"""

import dagster as dg

daily = dg.DailyPartitionsDefinition(start_date="2024-01-01", end_date="2024-01-15")
weekly = dg.WeeklyPartitionsDefinition(start_date="2023-12-31", end_date="2024-01-21")
regions = dg.StaticPartitionsDefinition(["north", "south", "west"])
campaigns = dg.DynamicPartitionsDefinition(name="campaigns")
region_by_day = dg.MultiPartitionsDefinition({"day": daily, "region": regions})

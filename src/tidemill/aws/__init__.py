"""Amazon's services (extra `aws`). What programs import from `dagster_aws`."""

-- Which advisories ship a build.
CREATE INDEX advisory_package_by_name ON advisory_package (name);

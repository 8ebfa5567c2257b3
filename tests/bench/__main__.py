"""Every measurement, one after another."""

from tests.bench import bench_placing

bench_placing.main()

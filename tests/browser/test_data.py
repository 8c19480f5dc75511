"""The page of downloads: a column's address shows what it means, and files come as files."""

from pathlib import Path

from tests.browser.visits import Visit, Visits


def test_the_address_of_a_column_shows_it(visit: Visit) -> None:
    page = visit("data.html#features-density")
    page.wait_for_timeout(200)

    assert page.locator("#features-density").is_visible()
    assert "The share of valid frames" in page.locator("#features-density").inner_text()
    assert not page.locator("#labels-lift").is_visible()


def test_a_download_is_the_file_of_the_site(browser: object, served: str, site: Path) -> None:
    visits = Visits(browser, served)
    page = visits.open("data.html")
    for address in ("data/features.csv", "f/block1/0.json", "tables/features/block1.parquet"):
        with page.expect_download() as started:
            page.locator(f'a[href="{address}"]').first.click()
        assert Path(started.value.path()).read_bytes() == (site / address).read_bytes()
    visits.close()

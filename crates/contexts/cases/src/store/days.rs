//! Daily counts per place, folded from the journal: the journal line of a change is its delta row, so a change costs nothing more.

use std::collections::BTreeMap;

use linli_db::{Bulk, Conn, Cursor, Result, StoredLine, sql};
use linli_kernel::{DistrictId, PlaceLevel, PlacePath, Ts};
use serde_json::Value;

/// The name of the reader that folds.
pub(crate) const READER: &str = "cases.figures";
/// Beijing is eight hours ahead, without daylight saving since 1991.
const BEIJING_US: i64 = 8 * 3_600 * 1_000_000;
const DAY_US: i64 = 24 * 3_600 * 1_000_000;

/// What was counted on a day at a place.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, linli_db::FromRow)]
pub(crate) struct DayCounts {
    pub(crate) reported: i64,
    pub(crate) closed: i64,
    pub(crate) confirmed: i64,
    pub(crate) reopened: i64,
    pub(crate) told_elsewhere: i64,
}

impl DayCounts {
    pub(crate) fn add(&mut self, other: Self) {
        self.reported += other.reported;
        self.closed += other.closed;
        self.confirmed += other.confirmed;
        self.reopened += other.reopened;
        self.told_elsewhere += other.told_elsewhere;
    }
}

impl DayCounts {
    pub(crate) fn subtract(&mut self, other: Self) {
        self.reported -= other.reported;
        self.closed -= other.closed;
        self.confirmed -= other.confirmed;
        self.reopened -= other.reopened;
        self.told_elsewhere -= other.told_elsewhere;
    }
}

/// Counts by place and day.
pub(crate) type Days = BTreeMap<(PlacePath, i64), DayCounts>;

/// The Beijing day of an instant: days since 1970-01-01.
pub(crate) const fn day_of(at: Ts) -> i64 {
    at.0.saturating_add(BEIJING_US).div_euclid(DAY_US)
}

/// What a journal line counts.
pub(crate) fn delta(kind: &str, facts: &Value) -> Option<DayCounts> {
    let one = DayCounts::default();
    let closes = facts.get("to").and_then(Value::as_str) == Some("closed");
    match kind {
        "cases.reported" => Some(DayCounts { reported: 1, ..one }),
        "cases.confirmed" => Some(DayCounts { confirmed: 1, closed: i64::from(closes), ..one }),
        "cases.told_elsewhere" => Some(DayCounts { told_elsewhere: 1, ..one }),
        "cases.reopened" => Some(DayCounts { reopened: 1, ..one }),
        kind if kind.starts_with("cases.") && closes => Some(DayCounts { closed: 1, ..one }),
        _ => None,
    }
}

/// Adds a delta at the place and at everything above it, up to the district.
pub(crate) fn spread(days: &mut Days, place: &PlacePath, at: Ts, counts: DayCounts) {
    let top = PlaceLevel::District.depth();
    let lowest = place.at_level(PlaceLevel::Entrance);
    for level in lowest.ancestors().into_iter().filter(|p| p.depth() >= top) {
        days.entry((level, day_of(at))).or_default().add(counts);
    }
}

/// Adds what an imported case counts: an import writes one line per batch, so its counts come from the records.
pub(crate) fn spread_imported(days: &mut Days, place: &PlacePath, reported: Ts, closed: Option<Ts>) {
    spread(days, place, reported, DayCounts { reported: 1, ..DayCounts::default() });
    if let Some(closed) = closed {
        spread(days, place, closed, DayCounts { closed: 1, ..DayCounts::default() });
    }
}

/// Adds the lines to the counts.
pub(crate) fn count(days: &mut Days, lines: &[StoredLine]) {
    for line in lines {
        if let Some(counts) = delta(&line.kind, &line.facts()) {
            spread(days, &line.place_path, line.at, counts);
        }
    }
}

/// Adds counts to the table.
pub(crate) async fn write(c: &mut Conn<'_>, district: DistrictId, days: &Days) -> Result<()> {
    let ints = |get: fn(&DayCounts) -> i64| days.values().map(get).collect::<Vec<_>>();
    Bulk::into("case_day")
        .ints("district_id", days.keys().map(|_| district.0))
        .texts("place_path", days.keys().map(|(place, _)| place.to_string()))
        .ints("day", days.keys().map(|(_, day)| *day))
        .ints("reported", ints(|d| d.reported))
        .ints("closed", ints(|d| d.closed))
        .ints("confirmed", ints(|d| d.confirmed))
        .ints("reopened", ints(|d| d.reopened))
        .ints("told_elsewhere", ints(|d| d.told_elsewhere))
        .on_conflict(
            "ON CONFLICT (district_id, place_path, day) DO UPDATE SET reported = case_day.reported + excluded.reported, \
             closed = case_day.closed + excluded.closed, confirmed = case_day.confirmed + excluded.confirmed, \
             reopened = case_day.reopened + excluded.reopened, \
             told_elsewhere = case_day.told_elsewhere + excluded.told_elsewhere",
        )
        .write(c)
        .await
        .map(|_| ())
}

/// Lines that are read at once.
const STRIDE: i64 = 5_000;

/// The sums at a place from a day on, with the lines that were not folded yet, however many these are.
pub(crate) async fn since(c: &mut Conn<'_>, district: DistrictId, place: &PlacePath, first_day: i64) -> Result<DayCounts> {
    loop {
        let folded = Cursor::load(c, district, READER).await?;
        let mut sums: DayCounts = sql!(c, x => sqlx::query_as(
            "SELECT CAST(COALESCE(SUM(reported), 0) AS BIGINT) AS reported, CAST(COALESCE(SUM(closed), 0) AS BIGINT) AS closed, \
             CAST(COALESCE(SUM(confirmed), 0) AS BIGINT) AS confirmed, CAST(COALESCE(SUM(reopened), 0) AS BIGINT) AS reopened, \
             CAST(COALESCE(SUM(told_elsewhere), 0) AS BIGINT) AS told_elsewhere \
             FROM case_day WHERE district_id = $1 AND place_path = $2 AND day >= $3"
        ).bind(district).bind(place).bind(first_day).fetch_one(x).await)?;
        // What was folded between the two looks would be counted in both or in neither: then they are taken again.
        if Cursor::load(c, district, READER).await?.seq == folded.seq {
            add_fresh(c, (district, place, first_day), folded.seq, &mut sums).await?;
            return Ok(sums);
        }
    }
}

/// Adds the lines after a number in the journal.
async fn add_fresh(
    c: &mut Conn<'_>,
    (district, place, first_day): (DistrictId, &PlacePath, i64),
    mut after: i64,
    sums: &mut DayCounts,
) -> Result<()> {
    loop {
        let fresh: Vec<(i64, String, String, Ts)> = sql!(c, x => sqlx::query_as(
            "SELECT seq, kind, facts, at FROM journal WHERE district_id = $1 AND seq > $2 AND place_path >= $3 AND place_path < $4 \
             AND kind LIKE 'cases.%' ORDER BY seq LIMIT $5"
        ).bind(district).bind(after).bind(place).bind(place.end()).bind(STRIDE).fetch_all(x).await)?;
        let Some((last, ..)) = fresh.last() else { return Ok(()) };
        after = *last;
        for (_, kind, facts, at) in fresh {
            if day_of(at) >= first_day
                && let Some(counts) = delta(&kind, &serde_json::from_str(&facts).unwrap_or_default())
            {
                sums.add(counts);
            }
        }
    }
}

/// All counts of a district as they stand, for the check.
pub(crate) async fn all(c: &mut Conn<'_>, district: DistrictId) -> Result<Days> {
    #[derive(linli_db::FromRow)]
    struct Row {
        place_path: PlacePath,
        day: i64,
        #[row(flatten)]
        counts: DayCounts,
    }
    let rows: Vec<Row> = sql!(c, x => sqlx::query_as(
        "SELECT place_path, day, reported, closed, confirmed, reopened, told_elsewhere FROM case_day WHERE district_id = $1"
    ).bind(district).fetch_all(x).await)?;
    Ok(rows.into_iter().map(|row| ((row.place_path, row.day), row.counts)).collect())
}

//! Reports of other cities through classes, clocks and the three rates: the files of Los Angeles and New York, and slices of the same shape
//! made here. What is worked on here is chosen by the position in the file; the rates are counted beside from the file alone.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;

use linli_cases::commands::{self, Finish, Which};
use linli_cases::import::{LA_311, NYC_311};
use linli_cases::queries::{Rate, Rates};
use linli_cases::{CaseId, Ending, Rating, queries};
use linli_db::{Db, sql};
use linli_kernel::Ts;
use linli_sheet::Origin;

use crate::house::{COMMUNITY, DISTRICT, House, OFFICER, SECRETARY, act, path, photo};
use crate::import::{options, take};

/// An open row of a file, read without the house.
struct Open {
    id: String,
    /// Whether somebody can take it: its source says that nobody works on it yet.
    waits: bool,
    /// The promise of its source.
    due: Option<Ts>,
}

/// What is done here with an open case, by its position.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Done {
    Satisfied,
    Dissatisfied,
    NotFixed,
    OnlyTaken,
    Silence,
    Nothing,
}

const DONE: [Done; 6] = [Done::Satisfied, Done::Dissatisfied, Done::NotFixed, Done::OnlyTaken, Done::Silence, Done::Nothing];

fn zipped(open: &[Open]) -> impl Iterator<Item = (&Open, Done)> {
    open.iter().zip(DONE.iter().copied().cycle())
}

/// The rates as they must be, from the file and what is done: of the cases of a file only those that were taken or judged here count.
fn counted(open: &[Open], now: Ts) -> Rates {
    let mut rates = Rates {
        contacted: Rate { of: 0, all: 0 },
        response: Rate { of: 0, all: 0 },
        resolution: Rate { of: 0, all: 0 },
        satisfaction: Rate { of: 0, all: 0 },
        lapsed: 0,
        checked: 0,
    };
    for (row, done) in zipped(open) {
        let taken = row.waits && done != Done::Nothing;
        match done {
            Done::Satisfied | Done::Dissatisfied => {
                rates.resolution.of += 1;
                rates.resolution.all += 1;
                rates.satisfaction.all += 1;
                rates.satisfaction.of += i64::from(done == Done::Satisfied);
            }
            Done::NotFixed => rates.resolution.all += 1,
            Done::Silence => rates.lapsed += 1,
            Done::OnlyTaken | Done::Nothing => {}
        }
        // Opened again it has a promise of ours; who took it before that answered the one of its source, or none.
        let ours = done == Done::NotFixed;
        if taken && row.due.is_some() {
            rates.response.all += 1;
            rates.response.of += i64::from(row.due.is_some_and(|due| now <= due));
        }
        // Not taken, but judged or ended here: it counts once its promise is over, as ours is after two months.
        let ended = matches!(done, Done::Satisfied | Done::Dissatisfied | Done::Silence);
        if !taken && (ours || ended && row.due.is_some_and(|due| due < now)) {
            rates.response.all += 1;
        }
    }
    rates
}

async fn ids(house: &House) -> BTreeMap<String, CaseId> {
    let mut read = house.db.read().await.unwrap();
    let c = &mut read.conn();
    let all: Vec<(String, CaseId)> =
        sql!(c, x => sqlx::query_as("SELECT external_id, id FROM case_file WHERE external_id IS NOT NULL").fetch_all(x).await)
            .unwrap();
    all.into_iter().collect()
}

async fn rates(house: &House) -> Rates {
    let mut read = house.db.read().await.unwrap();
    let now = house.clock_now();
    let stretch = (Ts::from_local(jiff::civil::date(2010, 1, 1).at(0, 0, 0, 0)).unwrap(), now);
    queries::rates(&house.staff(OFFICER), &mut read.conn(), DISTRICT, &path(COMMUNITY), stretch).await.unwrap()
}

/// Works on the open cases as their positions say.
async fn work(house: &House, open: &[Open]) {
    let (secretary, officer) = (house.staff(SECRETARY), house.staff(OFFICER));
    let ids = ids(house).await;
    for (row, done) in zipped(open).filter(|(_, done)| *done != Done::Nothing) {
        let id = ids[&row.id];
        if row.waits {
            house.take(SECRETARY, id).await.unwrap();
        }
        if done == Done::OnlyTaken {
            continue;
        }
        let result = Finish { photos: vec![photo(9)], ..Finish::default() };
        act!(house, tx => commands::finish(&secretary, tx, &house.office, id, result)).unwrap();
        let which = Which::Id(id);
        match done {
            Done::Satisfied => {
                act!(house, tx => commands::confirm(&officer, tx, &house.office, which, Some(Rating::Satisfied))).unwrap();
            }
            Done::Dissatisfied => {
                act!(house, tx => commands::confirm(&officer, tx, &house.office, which, Some(Rating::Dissatisfied))).unwrap();
            }
            Done::NotFixed => {
                act!(house, tx => commands::not_fixed(&officer, tx, &house.office, which, "")).unwrap();
            }
            Done::OnlyTaken | Done::Silence | Done::Nothing => {}
        }
    }
    // Whoever says nothing is waited for; then it closes by itself.
    let silent = zipped(open).filter(|(_, done)| *done == Done::Silence).map(|(row, _)| ids[&row.id]);
    house.clock.advance_secs(60 * 86_400);
    act!(house, tx => commands::wake(&house.system(), tx, &house.office, 10_000)).unwrap();
    for id in silent {
        assert_eq!(house.case(id).await.ended_how, Some(Ending::Lapsed), "it waited long enough");
    }
}

/// Brings a file in, works on what is open in it, and compares.
async fn go_through(db: Db, origin: Origin, (mapping, system): (&str, &str), open: &[Open]) {
    let house = House::new(db).await;
    let (totals, report) = take(&house, origin, Some(mapping), &options(system)).await;
    assert_eq!(totals.rejected, 0, "{}", report.lines().take(5).collect::<Vec<_>>().join("\n"));
    let nothing = Rate { of: 0, all: 0 };
    let before = rates(&house).await;
    assert_eq!(
        (before.response, before.resolution, before.satisfaction, before.lapsed),
        (nothing, nothing, nothing, 0),
        "how its source handled it is no figure of ours"
    );
    let at_work = house.clock_now();
    work(&house, open).await;
    let (found, expected) = (rates(&house).await, counted(open, at_work));
    assert_eq!(found, expected);
    assert!(
        expected.resolution.all > expected.resolution.of && expected.satisfaction.all > expected.satisfaction.of,
        "the file is large enough to tell"
    );
    house.fold().await;
    house.clean().await;
    assert_eq!(classes_unknown(&house).await, Vec::<String>::new(), "every row has a class that the rules know");
}

async fn classes_unknown(house: &House) -> Vec<String> {
    let rules = house.office.rules(&path(COMMUNITY), house.clock_now()).unwrap();
    let mut read = house.db.read().await.unwrap();
    let c = &mut read.conn();
    let used: Vec<String> = sql!(c, x => sqlx::query_scalar("SELECT DISTINCT class FROM case_file").fetch_all(x).await).unwrap();
    used.into_iter().filter(|code| rules.classes().find(code).is_none()).collect()
}

/// Sixty requests in the form of Los Angeles: no promises, two in three open.
fn los_angeles() -> (String, Vec<Open>) {
    let mut text =
        "srnumber,requesttype,status,createddate,updateddate,closeddate,requestsource,latitude,longitude,address\n".to_owned();
    let mut open = Vec::new();
    for n in 0..60 {
        let (status, closed) = [("Closed", "3/2/26 9:00"), ("Open", ""), ("Pending", "")][n % 3];
        let kind = ["Bulky Items", "Graffiti Removal", "Dead Animal Removal", "Single Streetlight Issue"][n % 4];
        writeln!(text, "L-{n:03},{kind},{status},3/1/26 8:{n:02},3/1/26 9:00,{closed},Call,34.{n:04}1,-118.{n:04}1,{n} MAIN ST")
            .unwrap();
        if status != "Closed" {
            open.push(Open { id: format!("L-{n:03}"), waits: status == "Open", due: None });
        }
    }
    (text, open)
}

/// Sixty requests in the form of New York: some with a promise that is over, some with one that is not.
fn new_york() -> (String, Vec<Open>) {
    let mut text = "unique_key,created_date,complaint_type,descriptor,status,due_date,closed_date,latitude,longitude,incident_address,open_data_channel_type\n".to_owned();
    let mut open = Vec::new();
    for n in 0..60 {
        let (status, closed) =
            [("Open", ""), ("Closed", "2026-03-03T09:00:00.000"), ("In Progress", ""), ("Assigned", ""), ("Open", "")][n % 5];
        let due = ["", "2026-04-01T00:00:00.000", "2027-04-01T00:00:00.000"][n % 3];
        let kind = ["Rodent", "Noise", "Graffiti", "Something Else"][n % 4];
        writeln!(
            text,
            "{},2026-03-01T08:{n:02}:00.000,{kind},,{status},{due},{closed},40.{n:04}1,-73.{n:04}1,{n} BROADWAY,PHONE",
            61_000_000 + n
        )
        .unwrap();
        if status != "Closed" {
            open.push(Open { id: (61_000_000 + n).to_string(), waits: status != "In Progress", due: new_york_time(due) });
        }
    }
    (text, open)
}

/// A local time of New York, as its portal writes it.
fn new_york_time(text: &str) -> Option<Ts> {
    let local: jiff::civil::DateTime = text.parse().ok()?;
    Some(Ts(local.in_tz("America/New_York").ok()?.timestamp().as_microsecond()))
}

fn made(text: &str) -> Origin {
    Origin::Bytes { name: "cases.csv".into(), bytes: text.as_bytes().to_vec().into() }
}

fn data() -> Option<PathBuf> {
    let folder = std::env::var_os("LINLI_TEST_DATA").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("skipped: LINLI_TEST_DATA names no folder of real files");
    }
    folder
}

linli_db::both_databases! {
    async fn a_slice_like_los_angeles_goes_through_the_rates(db: Db) {
        let (text, open) = los_angeles();
        go_through(db, made(&text), (LA_311, "la-311"), &open).await;
    }

    async fn a_slice_like_new_york_goes_through_the_rates(db: Db) {
        let (text, open) = new_york();
        let expected = counted(&open, crate::house::tuesday_nine());
        assert!(expected.response.of > 0 && expected.response.all > expected.response.of, "some in time, some not: {expected:?}");
        go_through(db, made(&text), (NYC_311, "nyc-311"), &open).await;
    }

    async fn los_angeles_goes_through_the_rates(db: Db) {
        let Some(folder) = data() else { return };
        let file = folder.join("civic/la-311-raw.csv");
        let text = std::fs::read_to_string(&file).unwrap();
        // The three first columns of this file hold no commas.
        let rows = text.lines().skip(1).filter_map(|line| {
            let mut cells = line.splitn(4, ',');
            Some((cells.next()?.to_owned(), cells.nth(1)?.to_owned()))
        });
        let known: BTreeSet<&str> = ["Open", "Pending"].into();
        let open: Vec<Open> = rows
            .filter(|(_, status)| known.contains(status.as_str()))
            .map(|(id, status)| Open { id, waits: status == "Open", due: None })
            .collect();
        assert_eq!(open.len(), 31);
        go_through(db, Origin::File(file), (LA_311, "la-311"), &open).await;
    }

    async fn new_york_goes_through_the_rates(db: Db) {
        let Some(folder) = data() else { return };
        let file = folder.join("civic/nyc-311-1000.json");
        let rows: Vec<serde_json::Value> = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        let text = |row: &serde_json::Value, field: &str| row.get(field).and_then(|v| v.as_str()).unwrap_or_default().to_owned();
        let open: Vec<Open> = rows
            .iter()
            .filter(|row| text(row, "status") != "Closed")
            .map(|row| Open {
                id: text(row, "unique_key"),
                waits: matches!(text(row, "status").as_str(), "Open" | "Assigned"),
                due: new_york_time(&text(row, "due_date")),
            })
            .collect();
        assert_eq!(open.len(), 323);
        go_through(db, Origin::File(file), (NYC_311, "nyc-311"), &open).await;
    }
}

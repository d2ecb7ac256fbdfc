//! Desk lists that go through many blocks of the index of words, compared case by case with what the table says.

use linli_access::Role;
use linli_cases::queries::{self, DeskCursor, DeskFilter, View};
use linli_cases::{CaseId, CaseState, Indexed, index_words};
use linli_db::{Db, sql};
use linli_kernel::{PlacePath, Ts};
use linli_search::{query, tokens};

use crate::house::{
    COMMUNITY, DESK, DISTRICT, ENTRANCE, ESTATE, House, OFFICER, OTHER_ENTRANCE, SECRETARY, STEWARD, Staff, path,
};
use crate::import::{options, own, take};

/// More cases than the four blocks that a look begins with hold.
const MANY: usize = 4 * 4_096 + 700;

/// A row of the table, as far as lists go by it.
#[derive(Debug, Clone)]
struct Row {
    id: CaseId,
    number: String,
    text: String,
    place: PlacePath,
    state: String,
    class: String,
    channel: String,
    role: Option<String>,
    clock: String,
    due: i64,
    open: bool,
}

type Columns = (CaseId, String, String, PlacePath, String, String, String, Option<String>, String, i64, Option<Ts>);

async fn table(house: &House) -> Vec<Row> {
    let mut read = house.db.read().await.unwrap();
    let c = &mut read.conn();
    let rows: Vec<Columns> = sql!(c, x => sqlx::query_as(
        "SELECT id, number, description, place_path, state, class, channel, owner_role, clock, due_at, closed_at FROM case_file \
         WHERE district_id = 1"
    ).fetch_all(x).await)
    .unwrap();
    rows.into_iter()
        .map(|(id, number, text, place, state, class, channel, role, clock, due, closed)| Row {
            text: format!("{text}\n{number}"),
            id,
            number,
            place,
            state,
            class,
            channel,
            role,
            clock,
            due,
            open: closed.is_none(),
        })
        .collect()
}

/// Which part of a list of open cases a row stands in.
fn part(row: &Row) -> u8 {
    match (row.state.as_str(), row.clock.as_str()) {
        ("awaiting_confirmation", _) => 2,
        (_, "running") => 0,
        _ => 1,
    }
}

/// The list as anybody can read it off the table, without index, paging and statements of the house.
fn plain(rows: &[Row], who: Staff, filter: &DeskFilter, now: Ts) -> Vec<String> {
    let is = |wanted: Option<&str>, there: &str| wanted.is_none_or(|wanted| wanted == there);
    let fits = |row: &&Row| {
        let seen = match filter.view {
            View::Open => row.open,
            View::New => row.open && row.state == "reported",
            View::Overdue => row.open && part(row) == 0 && row.due < now.0,
            View::Waiting => row.open && part(row) == 2,
            View::Ended => !row.open,
            View::All => true,
        };
        let words = filter.words.as_ref().is_none_or(|asked| {
            let there = tokens(&row.text);
            asked.tokens.iter().all(|token| there.contains(token))
        });
        seen && words
            && path(who.at).contains(&row.place)
            && filter.place.as_ref().is_none_or(|place| place.contains(&row.place))
            && is(filter.state.map(CaseState::as_str), &row.state)
            && is(filter.class.as_deref(), &row.class)
            && is(filter.channel.as_deref(), &row.channel)
            && filter.role.is_none_or(|role| row.role.as_deref() == Some(role.as_str()))
    };
    let mut list: Vec<&Row> = rows.iter().filter(fits).collect();
    match filter.view {
        View::Open | View::Overdue | View::Waiting => list.sort_by_key(|row| (part(row), row.due, row.id)),
        View::New | View::Ended | View::All => list.sort_by_key(|row| std::cmp::Reverse(row.id)),
    }
    list.into_iter().map(|row| row.number.clone()).collect()
}

async fn page(house: &House, who: Staff, filter: &DeskFilter, after: Option<DeskCursor>) -> (Vec<String>, Option<DeskCursor>) {
    let mut read = house.db.read().await.unwrap();
    let page = queries::desk(&house.staff(who), &mut read.conn(), filter, after).await.unwrap();
    assert!(!page.late, "{filter:?}: everything that counts was read");
    (page.cases.into_iter().map(|case| case.number).collect(), page.next)
}

/// All pages of the list of the house.
async fn listed(house: &House, who: Staff, filter: &DeskFilter) -> Vec<String> {
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let (more, next) = page(house, who, filter, after).await;
        seen.extend(more);
        match next {
            Some(cursor) => after = Some(cursor),
            None => return seen,
        }
    }
}

/// A file in which neither the reports nor the promises go in the order of the rows.
fn file() -> String {
    const STATES: [&str; 7] = ["reported", "handling", "closed", "void", "dispatched", "closed", "handling"];
    let mut text = String::from("external_id,place,class,description,status,reported_at,due_at,source\n");
    let day = |minutes: usize| format!("2026-{:02}-{:02} {:02}:{:02}", 10, 1 + minutes / 1_440, minutes / 60 % 24, minutes % 60);
    for n in 0..MANY {
        let place = [ENTRANCE, OTHER_ENTRANCE, COMMUNITY, ESTATE][n % 4];
        let class = if n % 97 == 0 {
            "lift"
        } else if n % 3 == 1 {
            "manhole"
        } else {
            "stair_lamp"
        };
        let words = if n % 4_001 == 7 { "旧水塔" } else { "井盖" };
        let state = match (n % 61, n % 53) {
            (5, _) => "suspended",
            (_, 7) => "awaiting_confirmation",
            _ => STATES[n % STATES.len()],
        };
        let due = if n % 6 == 0 { String::new() } else { format!("2026-11-{:02} 10:00", 1 + n * 31 % 30) };
        let source = if n % 29 == 2 { "微信" } else { "电话" };
        let reported = day(n * 7_919 % MANY);
        text.push_str(&format!("C-{n},{place},{class},{words}{n}号,{state},{reported},{due},{source}\n"));
    }
    text
}

/// The filters beside the view: none, every one alone, several together, many cases and few.
fn filters() -> Vec<DeskFilter> {
    let none = DeskFilter::default;
    vec![
        DeskFilter { class: Some("lift".to_owned()), ..none() },
        DeskFilter { class: Some("manhole".to_owned()), ..none() },
        DeskFilter { state: Some(CaseState::Suspended), ..none() },
        DeskFilter { state: Some(CaseState::Void), class: Some("lift".to_owned()), ..none() },
        DeskFilter { channel: Some("微信".to_owned()), ..none() },
        DeskFilter { role: Some(Role::LifeSteward), ..none() },
        DeskFilter { words: query("旧水塔"), ..none() },
        DeskFilter { words: query("井盖 1234"), ..none() },
        DeskFilter { words: query("井盖"), class: Some("lift".to_owned()), ..none() },
        DeskFilter { words: query("水塔"), place: Some(path(OTHER_ENTRANCE)), ..none() },
        DeskFilter { place: Some(path(OTHER_ENTRANCE)), channel: Some("微信".to_owned()), ..none() },
        DeskFilter { place: Some(path("000000010001")), class: Some("lift".to_owned()), ..none() },
    ]
}

/// Every list of the house is the list of the table, for each of these.
async fn compare(house: &House, when: &str, who: &[Staff]) {
    let (rows, now) = (table(house).await, house.clock_now());
    let mut shown = 0;
    for view in View::ALL {
        for filter in filters() {
            let filter = DeskFilter { view, ..filter };
            for who in who.iter().copied() {
                if filter.place.as_ref().is_some_and(|place| !path(who.at).contains(place)) {
                    continue;
                }
                let wanted = plain(&rows, who, &filter, now);
                let seen = listed(house, who, &filter).await;
                assert!(seen == wanted, "{when}: {} by {filter:?}: {}", who.role, differs(&seen, &wanted));
                shown += seen.len();
            }
        }
    }
    assert!(shown > 2_000, "{when}: the lists hold only {shown}");
}

/// Where two lists part, in few words: they are long.
fn differs(seen: &[String], wanted: &[String]) -> String {
    let at = seen.iter().zip(wanted).position(|(a, b)| a != b).unwrap_or_else(|| seen.len().min(wanted.len()));
    format!("{} instead of {}; from {at} on {:?} instead of {:?}", seen.len(), wanted.len(), seen.get(at), wanted.get(at))
}

async fn index(house: &House) {
    while index_words(&house.db, DISTRICT).await.unwrap() != Indexed::Nothing {}
}

/// Those of a list that the steward can still take.
fn to_take(rows: &[Row], of: &[String], count: usize) -> Vec<CaseId> {
    let there = |row: &&Row| row.state == "reported" && row.place.to_string().starts_with(ENTRANCE) && of.contains(&row.number);
    rows.iter().filter(there).take(count).map(|row| row.id).collect()
}

linli_db::both_databases! {
    async fn lists_over_many_blocks_are_those_of_the_table(db: Db) {
        let house = House::new(db).await;
        house.clock.set(Ts::from_local(jiff::civil::date(2026, 11, 15).at(12, 0, 0, 0)).unwrap());
        let (totals, report) = take(&house, own(&file()), None, &options("12345")).await;
        assert_eq!(totals.accepted + totals.flagged, u64::try_from(MANY).unwrap(), "{}", report.chars().take(2_000).collect::<String>());
        index(&house).await;
        let blocks: i64 = {
            let mut read = house.db.read().await.unwrap();
            let c = &mut read.conn();
            sql!(c, x => sqlx::query_scalar("SELECT COUNT(DISTINCT block) FROM case_word").fetch_one(x).await).unwrap()
        };
        assert!(blocks > 4, "only {blocks} blocks");
        compare(&house, "as it was brought in", &[OFFICER, SECRETARY]).await;
        for view in [View::Open, View::All] {
            let whole = DeskFilter { view, ..DeskFilter::default() };
            let (seen, wanted) = (listed(&house, OFFICER, &whole).await, plain(&table(&house).await, OFFICER, &whole, house.clock_now()));
            assert!(seen == wanted, "{view:?}: {}", differs(&seen, &wanted));
        }

        // Changed in the lowest and the highest block, and new on top; the index has read nothing of it.
        let rows = table(&house).await;
        let all: Vec<String> = rows.iter().map(|row| row.number.clone()).collect();
        let mut rising = rows.clone();
        rising.sort_by_key(|row| row.id);
        let falling: Vec<Row> = rising.iter().rev().cloned().collect();
        for id in to_take(&rising, &all, 15).into_iter().chain(to_take(&falling, &all, 15)) {
            house.take(STEWARD, id).await.unwrap();
        }
        for n in 0..5 {
            let input = linli_cases::commands::NewReport { description: format!("旧水塔漏水{n}"), ..crate::house::lamp() };
            house.clock.advance_secs(1);
            house.report(&house.visitor(), input).await.unwrap();
        }
        compare(&house, "the index is behind", &[OFFICER]).await;
        index(&house).await;
        compare(&house, "the index has caught up", &[DESK, STEWARD]).await;
    }

    /// Whoever pages through a list sees each of its cases once, whatever is done to them meanwhile.
    async fn what_changes_while_somebody_pages_is_neither_lost_nor_doubled(db: Db) {
        let house = House::new(db).await;
        house.clock.set(Ts::from_local(jiff::civil::date(2026, 11, 15).at(12, 0, 0, 0)).unwrap());
        take(&house, own(&file()), None, &options("12345")).await;
        index(&house).await;
        let lists = [
            DeskFilter { view: View::All, class: Some("lift".to_owned()), ..DeskFilter::default() },
            DeskFilter { view: View::All, class: Some("manhole".to_owned()), ..DeskFilter::default() },
            DeskFilter { view: View::Open, class: Some("lift".to_owned()), ..DeskFilter::default() },
            DeskFilter { view: View::Open, words: query("井盖 2"), ..DeskFilter::default() },
            DeskFilter { view: View::All, words: query("旧水塔"), ..DeskFilter::default() },
            DeskFilter { view: View::Overdue, class: Some("manhole".to_owned()), ..DeskFilter::default() },
        ];
        for filter in lists {
            let wanted = plain(&table(&house).await, OFFICER, &filter, house.clock_now());
            let (mut seen, mut after, mut pages) = (Vec::new(), None, 0);
            loop {
                let (more, next) = page(&house, OFFICER, &filter, after).await;
                seen.extend(more);
                let Some(cursor) = next else { break };
                (after, pages) = (Some(cursor), pages + 1);
                if pages > 4 {
                    continue;
                }
                // One that was shown and one that is to come are taken; the index reads it every other time.
                let rows = table(&house).await;
                let (shown, to_come): (Vec<String>, Vec<String>) = wanted.iter().cloned().partition(|number| seen.contains(number));
                // In a list by promise what is taken goes to where its promise puts it, because whoever takes it gives one: only what was shown is.
                let coming = if filter.view == View::Open { 0 } else { 2 };
                for id in to_take(&rows, &shown, 1).into_iter().chain(to_take(&rows, &to_come, coming)) {
                    house.take(STEWARD, id).await.unwrap();
                }
                if pages % 2 == 0 {
                    index(&house).await;
                }
            }
            assert!(seen == wanted, "{filter:?}: {}", differs(&seen, &wanted));
        }
    }
}

//! Cases are found by their words, within reach, and nothing is said that is not so.

use linli_access::{Channel, Denied, Role};
use linli_cases::commands::{self, NewReport, Reported};
use linli_cases::queries::{self, DeskFilter, View};
use linli_cases::{CaseState, CasesError, Indexed, index_words};
use linli_db::{Db, exec, sql};
use linli_search::{query, tokens};
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;

use crate::house::{DESK, DISTRICT, ENTRANCE, House, OFFICER, OTHER_ENTRANCE, OTHER_STEWARD, STEWARD, Staff, act, lamp, path};
use crate::import::{options, own, take};

/// Reports something in words, at a place.
async fn told(house: &House, place: &str, words: &str) -> Reported {
    let input = NewReport { place: path(place), description: words.to_owned(), ..lamp() };
    house.report(&house.visitor(), input).await.unwrap()
}

/// Reads everything that happened into the index.
async fn index(house: &House) {
    while index_words(&house.db, DISTRICT).await.unwrap() != Indexed::Nothing {}
    // The check compares the index with the cases once nothing is left to be read.
    let mut read = house.db.read().await.unwrap();
    assert_eq!(
        queries::check(&mut read.conn(), DISTRICT)
            .await
            .unwrap()
            .into_iter()
            .filter(|f| f.problem.contains("words"))
            .collect::<Vec<_>>(),
        []
    );
}

/// All pages of a list: the descriptions in order, and whether the index was behind.
async fn pages(house: &House, who: Staff, filter: &DeskFilter) -> (Vec<String>, bool) {
    let mut read = house.db.read().await.unwrap();
    let c = &mut read.conn();
    let (mut seen, mut after, mut late) = (Vec::new(), None, false);
    loop {
        let page = queries::desk(&house.staff(who), c, filter, after).await.unwrap();
        seen.extend(page.cases.into_iter().map(|case| case.description));
        late |= page.late;
        after = page.next;
        match after {
            Some(cursor) => assert_eq!(cursor.to_string().parse::<queries::DeskCursor>().unwrap(), cursor),
            None => return (seen, late),
        }
    }
}

fn words(text: &str, view: View) -> DeskFilter {
    DeskFilter { words: query(text), view, ..DeskFilter::default() }
}

/// What somebody finds, sorted.
async fn found(house: &House, who: Staff, text: &str, view: View) -> Vec<String> {
    let (mut seen, _) = pages(house, who, &words(text, view)).await;
    seen.sort();
    seen
}

async fn count(db: &Db, text: &'static str) -> i64 {
    let mut read = db.read().await.unwrap();
    let c = &mut read.conn();
    sql!(c, x => sqlx::query_scalar(text).fetch_one(x).await).unwrap()
}

linli_db::both_databases! {
    async fn one_character_is_a_word_and_width_does_not_matter(db: Db) {
        let house = House::new(db).await;
        let texts = ["小区门口的井盖坏了", "把盖好的水井挪开", "３栋２单元ＥＴＣ杆被撞", "路燈不亮", "王𬍛家门口积水"];
        for text in texts {
            told(&house, ENTRANCE, text).await;
        }
        // Before the index was written and after, in every list that holds them.
        for _ in 0..2 {
            for view in [View::Open, View::New, View::All] {
                let finds = async |text: &str| found(&house, OFFICER, text, view).await;
                assert_eq!(finds("井盖").await, ["小区门口的井盖坏了"]);
                assert_eq!(finds("井").await.len(), 2);
                assert_eq!(finds("盖 水").await, ["把盖好的水井挪开"]);
                assert_eq!(finds("3栋 etc").await, ["３栋２单元ＥＴＣ杆被撞"]);
                assert_eq!(finds("2026-000002").await, ["把盖好的水井挪开"], "the number");
                // The library folds width and case; a traditional character is another one.
                assert_eq!(finds("路燈").await, ["路燈不亮"]);
                assert_eq!(finds("路灯").await, Vec::<String>::new());
                assert_eq!(finds("𬍛").await, ["王𬍛家门口积水"], "a character that is younger than most dictionaries");
                assert_eq!(finds("电梯").await, Vec::<String>::new());
            }
            assert_eq!(found(&house, OFFICER, "井", View::Ended).await, Vec::<String>::new());
            index(&house).await;
        }
        assert_eq!(count(&house.db, "SELECT COUNT(*) FROM case_doc").await, 5);
    }

    async fn what_is_out_of_reach_is_not_found(db: Db) {
        let house = House::new(db).await;
        told(&house, ENTRANCE, "井盖坏了在这边").await;
        told(&house, OTHER_ENTRANCE, "井盖坏了在那边").await;
        for _ in 0..2 {
            for view in [View::Open, View::All] {
                assert_eq!(found(&house, STEWARD, "井盖", view).await, ["井盖坏了在这边"]);
                assert_eq!(found(&house, OTHER_STEWARD, "井盖", view).await, ["井盖坏了在那边"]);
                assert_eq!(found(&house, DESK, "井盖", view).await, ["井盖坏了在这边"], "the other entrance is of another estate");
                assert_eq!(found(&house, OFFICER, "井盖", view).await.len(), 2);
            }
            let narrowed = DeskFilter { place: Some(path(OTHER_ENTRANCE)), ..words("井盖", View::All) };
            assert_eq!(pages(&house, OFFICER, &narrowed).await.0, ["井盖坏了在那边"]);
            let mut read = house.db.read().await.unwrap();
            let refused = queries::desk(&house.staff(STEWARD), &mut read.conn(), &narrowed, None).await;
            assert!(matches!(refused, Err(CasesError::Denied(Denied::Forbidden))), "{refused:?}");
            drop(read);
            index(&house).await;
        }
    }

    async fn neither_the_phone_nor_a_note_is_read(db: Db) {
        let house = House::new(db).await;
        let input = NewReport { phone: Some("13800000000".to_owned()), ..lamp() };
        let reported = house.report(&house.visitor(), input).await.unwrap();
        act!(house, tx => commands::note(&house.staff(STEWARD), tx, reported.id, "孤寡老人独居", false)).unwrap();
        index(&house).await;
        for text in ["13800000000", "孤寡", "独"] {
            assert_eq!(found(&house, OFFICER, text, View::All).await, Vec::<String>::new(), "{text}");
        }
        assert_eq!(count(&house.db, "SELECT COUNT(*) FROM case_word WHERE word IN ('13800000000', '孤寡', '独')").await, 0);
        assert_eq!(found(&house, OFFICER, "楼道灯", View::All).await.len(), 1);
    }

    async fn whoever_was_interrupted_catches_up(db: Db) {
        let house = House::new(db).await;
        for n in 0..700 {
            house.clock.advance_secs(1);
            told(&house, ENTRANCE, &format!("井盖松动{n}号")).await;
        }
        // More lines are waiting than a search looks through: it says so, and finds what it can.
        let (seen, late) = pages(&house, OFFICER, &words("井盖", View::All)).await;
        assert!(late && seen.len() <= 500, "{late} {}", seen.len());
        // Two at once, as two processes are: one of them writes, the other drops what it prepared.
        let (one, other) = tokio::join!(index_words(&house.db, DISTRICT), index_words(&house.db, DISTRICT));
        assert_eq!([one.unwrap(), other.unwrap()], [Indexed::News; 2]);
        index(&house).await;
        assert_eq!(count(&house.db, "SELECT COUNT(*) FROM case_doc").await, 700);
        let (seen, late) = pages(&house, OFFICER, &words("井盖", View::All)).await;
        assert_eq!((seen.len(), late), (700, false));
        assert_eq!(seen[0], "井盖松动699号", "the newest on top");
        assert_eq!(index_words(&house.db, DISTRICT).await.unwrap(), Indexed::Nothing, "nothing is left to be read");
    }

    async fn what_was_there_before_the_index_is_read_in_the_background(db: Db) {
        let house = House::new(db).await;
        for n in 0..30 {
            told(&house, ENTRANCE, &format!("井盖松动{n}号")).await;
        }
        // As the migration leaves a store.
        let mut tx = house.db.begin(DISTRICT).await.unwrap();
        let c = &mut tx.conn().unwrap();
        exec!(c, sqlx::query("INSERT INTO case_fill (district_id, after_id) VALUES (1, $1)").bind(uuid::Uuid::nil())).unwrap();
        exec!(c, sqlx::query("INSERT INTO journal_cursor (district_id, reader, seq) SELECT district_id, 'cases.words', last_seq FROM journal_counter WHERE district_id = 1")).unwrap();
        tx.commit().await.unwrap();
        told(&house, ENTRANCE, "井盖松动30号").await;
        let (seen, late) = pages(&house, OFFICER, &words("井盖", View::All)).await;
        assert_eq!((seen.len(), late), (1, true), "only what happened since, and it says so");
        index(&house).await;
        let (seen, late) = pages(&house, OFFICER, &words("井盖", View::All)).await;
        assert_eq!((seen.len(), late), (31, false));
        assert_eq!(count(&house.db, "SELECT COUNT(*) FROM case_fill").await, 0);
    }

    async fn a_file_twice_doubles_nothing_and_a_changed_text_is_found_anew(db: Db) {
        let house = House::new(db).await;
        let file = |text: &str| format!("external_id,place,description,status,reported_at\nA-1,,{text},handling,2026-11-20 08:00\nA-2,,路灯不亮,handling,2026-11-20 08:00\n");
        let both = async |text: &str| (found(&house, OFFICER, text, View::Open).await.len(), found(&house, OFFICER, text, View::All).await.len());
        take(&house, own(&file("下水道堵塞")), None, &options("12345")).await;
        assert!(pages(&house, OFFICER, &words("堵塞", View::Open)).await.1, "it was not read yet, and that is said");
        index(&house).await;
        assert_eq!(both("堵塞").await, (1, 1));
        take(&house, own(&file("下水道堵塞")), None, &options("12345")).await;
        index(&house).await;
        assert_eq!(both("堵塞").await, (1, 1));
        take(&house, own(&file("污水冒出井盖")), None, &options("12345")).await;
        assert_eq!(both("堵塞").await, (0, 0), "what the index still says is not said");
        index(&house).await;
        assert_eq!((both("堵塞").await, both("井盖").await), ((0, 0), (1, 1)));
        assert_eq!(count(&house.db, "SELECT COUNT(*) FROM case_doc").await, 2);
        let mut tx = house.db.begin(DISTRICT).await.unwrap();
        exec!(&mut tx.conn().unwrap(), sqlx::query("UPDATE case_file SET title = '别的', description = '别的' WHERE external_id = 'A-2'")).unwrap();
        tx.commit().await.unwrap();
        let mut read = house.db.read().await.unwrap();
        let wrong = queries::check(&mut read.conn(), DISTRICT).await.unwrap();
        assert!(wrong.iter().any(|finding| finding.problem == "its words do not find it"), "{wrong:?}");
        drop(read);
        assert_eq!(count(&house.db, "SELECT COUNT(*) FROM case_unread").await, 0);
    }

    async fn a_step_moves_a_case_from_list_to_list_at_once(db: Db) {
        let house = House::new(db).await;
        let reported = told(&house, ENTRANCE, "井盖坏了").await;
        index(&house).await;
        house.take(STEWARD, reported.id).await.unwrap();
        let with = |filter: DeskFilter| DeskFilter { words: query("井盖"), ..filter };
        let all = DeskFilter { view: View::All, ..DeskFilter::default() };
        for _ in 0..2 {
            let fits = async |filter: DeskFilter| pages(&house, OFFICER, &with(filter)).await.0.len();
            assert_eq!(fits(DeskFilter { view: View::New, ..DeskFilter::default() }).await, 0);
            assert_eq!(fits(DeskFilter { state: Some(CaseState::Handling), ..all.clone() }).await, 1);
            assert_eq!(fits(DeskFilter { state: Some(CaseState::Reported), ..all.clone() }).await, 0);
            assert_eq!(fits(DeskFilter { class: Some("manhole".to_owned()), ..all.clone() }).await, 1);
            assert_eq!(fits(DeskFilter { class: Some("elevator".to_owned()), ..all.clone() }).await, 0);
            assert_eq!(fits(DeskFilter { channel: Some(Channel::Web.as_str().to_owned()), ..all.clone() }).await, 1);
            assert_eq!(fits(DeskFilter { channel: Some(Channel::Phone.as_str().to_owned()), ..all.clone() }).await, 0);
            assert_eq!(fits(DeskFilter { role: Some(Role::LifeSteward), ..all.clone() }).await, 1);
            assert_eq!(fits(DeskFilter { role: Some(Role::Guard), ..all.clone() }).await, 0);
            // The same without words: these lists go by the index too.
            assert_eq!(pages(&house, OFFICER, &DeskFilter { class: Some("manhole".to_owned()), ..all.clone() }).await.0.len(), 1);
            assert_eq!(pages(&house, OFFICER, &DeskFilter { role: Some(Role::Guard), ..all.clone() }).await.0.len(), 0);
            index(&house).await;
        }
        house.finish(STEWARD, reported.id).await.unwrap();
        for _ in 0..2 {
            assert_eq!(found(&house, OFFICER, "井盖", View::Waiting).await.len(), 1);
            assert_eq!(found(&house, OFFICER, "井盖", View::Ended).await.len(), 0);
            index(&house).await;
        }
    }

    async fn what_waits_for_the_reporter_stands_below(db: Db) {
        let house = House::new(db).await;
        let done = told(&house, ENTRANCE, "井盖坏了一").await;
        house.clock.advance_secs(60);
        told(&house, ENTRANCE, "井盖坏了二").await;
        house.take(STEWARD, done.id).await.unwrap();
        house.finish(STEWARD, done.id).await.unwrap();
        for filter in [DeskFilter::default(), words("井盖", View::Open)] {
            assert_eq!(pages(&house, OFFICER, &filter).await.0, ["井盖坏了二", "井盖坏了一"]);
            assert_eq!(pages(&house, STEWARD, &filter).await.0, ["井盖坏了二", "井盖坏了一"], "a narrow scope is read another way");
        }
        assert_eq!(pages(&house, OFFICER, &DeskFilter { view: View::Waiting, ..DeskFilter::default() }).await.0, ["井盖坏了一"]);
    }

    async fn a_search_finds_what_holds_all_tokens_and_nothing_else(db: Db) {
        let house = House::new(db).await;
        let mut runner = TestRunner::deterministic();
        let mut some = |pattern: &str| {
            let tree = proptest::string::string_regex(pattern).unwrap().new_tree(&mut runner).unwrap();
            tree.current()
        };
        let mut texts = Vec::new();
        for n in 0..150 {
            let text = format!("x{}", some("[井盖路灯老王不亮Ａa3９ ，楼]{1,12}"));
            let at = if n % 3 == 0 { OTHER_ENTRANCE } else { ENTRANCE };
            let number = told(&house, at, &text).await.number;
            texts.push((at, format!("{}\n{number}", text.trim()), text.trim().to_owned()));
            // Part of it is indexed, the end of it is not.
            if n % 40 == 39 { index(&house).await }
        }
        for _ in 0..120 {
            let wanted = some("[井盖路灯老王不亮A3 ，楼]{1,4}");
            let Some(asked) = query(&wanted) else { continue };
            for (who, within) in [(OFFICER, ""), (OTHER_STEWARD, OTHER_ENTRANCE)] {
                let holds = |text: &str| asked.tokens.iter().all(|token| tokens(text).contains(token));
                let mut plain: Vec<&str> = texts.iter().filter(|(at, text, _)| at.starts_with(within) && holds(text)).map(|(_, _, shown)| shown.as_str()).collect();
                plain.sort();
                for view in [View::Open, View::All] {
                    assert_eq!(found(&house, who, &wanted, view).await, plain, "{wanted:?} {view:?}");
                }
            }
        }
    }

    async fn thousands_are_paged_without_gaps_or_doubles(db: Db) {
        let house = House::new(db).await;
        let mut file = String::from("external_id,place,description,status,reported_at\n");
        for n in 0..4_300 {
            let state = if n % 2 == 0 { "handling" } else { "void" };
            let words = if n % 10 == 3 { "路灯" } else { "井盖" };
            file.push_str(&format!("B-{n},,{words}{n}号,{state},2026-11-20 08:{:02}\n", n % 60));
        }
        take(&house, own(&file), None, &options("12345")).await;
        index(&house).await;
        for (text, view, many) in [("井盖", View::Open, 2_150), ("井盖", View::All, 3_870), ("路灯", View::Ended, 430), ("路灯 4293", View::All, 1)] {
            let (seen, late) = pages(&house, OFFICER, &words(text, view)).await;
            let mut once = seen.clone();
            once.sort();
            once.dedup();
            assert_eq!((seen.len(), once.len(), late), (many, many, false), "{text} {view:?}");
        }
    }

    /// Whoever is on page two of a list by the index goes on in it, also when so much has happened since that the index is behind.
    async fn page_two_goes_on_while_the_index_is_behind(db: Db) {
        let house = House::new(db).await;
        let mut file = String::from("external_id,place,description,status,reported_at\n");
        for n in 0..450 {
            file.push_str(&format!("B-{n},,井盖{n}号,void,2026-11-20 08:{:02}\n", n % 60));
        }
        take(&house, own(&file), None, &options("12345")).await;
        index(&house).await;
        let ended = DeskFilter { view: View::Ended, ..DeskFilter::default() };
        let desk = async |after| {
            let mut read = house.db.read().await.unwrap();
            queries::desk(&house.staff(OFFICER), &mut read.conn(), &ended, after).await.unwrap()
        };
        let first = desk(None).await;
        assert!(matches!(first.next, Some(queries::DeskCursor::Doc(_))) && !first.late, "{:?}", first.next);
        let mut tx = house.db.begin(DISTRICT).await.unwrap();
        for _ in 0..600 {
            tx.journal(house.visitor().line("cases.told_elsewhere", &path(ENTRANCE), None, serde_json::json!({})));
        }
        tx.commit().await.unwrap();
        let (mut seen, mut after) = (first.cases, first.next);
        while let Some(cursor) = after {
            let page = desk(Some(cursor)).await;
            assert!(page.late, "it says that it is behind");
            seen.extend(page.cases);
            after = page.next;
        }
        let ids: std::collections::BTreeSet<_> = seen.iter().map(|case| case.id).collect();
        assert_eq!((seen.len(), ids.len()), (450, 450), "nothing twice and nothing left out");
    }
}

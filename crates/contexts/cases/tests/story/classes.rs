//! Three classifications: the 12345 list of a place, what it says of a case, and correcting it. The real list is tried where
//! `LINLI_TEST_DATA` names the folder that holds it.

use std::collections::BTreeSet;
use std::path::PathBuf;

use http::StatusCode;
use linli_access::Scope;
use linli_cases::commands::{self, Classed, Correction, Reported};
use linli_cases::import::ImportError;
use linli_cases::import::classes::{ClassImport, ClassOptions, ClassTotals, schema};
use linli_cases::{CaseState, CasesError, FieldProblem, MessageClass, queries};
use linli_db::{Db, sql};
use linli_kernel::Ts;
use linli_sheet::{ExportFormat, Lang, Limits, Mapping, Origin, Report, Source};
use linli_territory::moves::Moved;

use crate::house::{
    ADMINISTRATOR, CITY_ADMINISTRATOR, COMMUNITY, DESK, DISTRICT, DISTRICT_PATH, House, OFFICER, OTHER_STEWARD, SECRETARY,
    STEWARD, Staff, act, lamp, path,
};
use crate::import::{options, own, take};
use crate::web::Web;

/// The list of a city that names nobody's real one: 其他 repeats, one class has everything beside it, one only a class of reports.
const LIST: &str = "一级分类,二级分类,三级分类,立案条件,时限,责任岗位,办理流程,依据,报修类别,事项代码\n\
    城乡建设,市政设施,路灯不亮,夜间无照明,same_day,\"community_worker,community_secretary\",hotline,本市热线办法第八条,楼道灯不亮,\n\
    城乡建设,市政设施,其他,,,,,,,\n\
    环境保护,噪声,广场舞扰民,,,,,,noise,0128\n\
    环境保护,噪声,其他,,,,,,,\n\
    环境保护,其他,,,,,,,,\n";

async fn bring(house: &House, who: Staff, origin: Origin, dry_run: bool, at: &str) -> Result<(ClassTotals, String), ImportError> {
    let mapping = Mapping::by_name(&schema(), None);
    let source = Source::open(&origin, mapping.hints(), &Limits::default()).unwrap();
    let mut out = Vec::new();
    let mut report = Report::new(&mut out, ExportFormat::Csv, source.headers(), Lang::En).unwrap();
    let options = ClassOptions { dry_run, place: path(at), source: "list.csv".to_owned() };
    let say = |e: &linli_sheet::FieldError| format!("{}={}", e.field, e.code);
    let ctx = house.staff(who);
    let import =
        ClassImport { ctx: &ctx, db: &house.db, office: &house.office, district: DISTRICT, options: &options, say: &say };
    let totals = import.run(source, &mapping, &mut report, &mut |_| {}).await?;
    report.finish().unwrap();
    Ok((totals, String::from_utf8(out).unwrap()))
}

pub async fn listed(house: &House, text: &str) -> ClassTotals {
    bring(house, ADMINISTRATOR, own(text), false, DISTRICT_PATH).await.unwrap().0
}

fn counts(totals: &ClassTotals) -> (u64, u64, u64, u64, u64) {
    let rows = &totals.rows;
    (rows.accepted, rows.changed, rows.unchanged, rows.rejected, totals.closed)
}

async fn list(house: &House) -> Vec<MessageClass> {
    let mut read = house.db.read().await.unwrap();
    queries::message_list(&mut read.conn(), DISTRICT, &lamp().place).await.unwrap().classes
}

async fn class(house: &House, name: &str) -> MessageClass {
    list(house).await.into_iter().find(|class| class.path.to_string().contains(name)).unwrap()
}

async fn lines_of_lists(house: &House) -> i64 {
    let mut read = house.db.read().await.unwrap();
    let c = &mut read.conn();
    sql!(c, x => sqlx::query_scalar("SELECT COUNT(*) FROM journal WHERE kind = 'cases.classes_imported'").fetch_one(x).await)
        .unwrap()
}

/// Files a lamp as a desk does, under what was chosen.
async fn filed(house: &House, who: Staff, classed: Classed) -> Result<Reported, CasesError> {
    let ctx = house.staff(who);
    let prepared = commands::prepare_as(&ctx, &house.office, lamp(), classed)?;
    linli_cases::ReportWindow::new(house.db.clone(), house.office.clone()).report(DISTRICT, ctx, prepared).await
}

async fn correct(
    house: &House,
    who: Staff,
    id: linli_cases::CaseId,
    to: &Correction,
    reason: &str,
) -> Result<commands::Stepped, CasesError> {
    act!(house, tx => commands::correct_class(&house.staff(who), tx, &house.office, id, (to, reason)))
}

fn to(class: &str) -> Correction {
    Correction { class: class.to_owned(), ..Correction::default() }
}

fn field(error: CasesError) -> (&'static str, FieldProblem) {
    match error {
        CasesError::Field { field, problem } => (field, problem),
        other => panic!("{other}"),
    }
}

fn at(day: i8, hour: i8) -> Option<Ts> {
    Ts::from_local(jiff::civil::date(2026, 11, day).at(hour, 0, 0, 0))
}

linli_db::both_databases! {
    async fn a_list_is_taken_once_and_what_vanished_is_closed(db: Db) {
        let house = House::new(db).await;
        let (dry, _) = bring(&house, ADMINISTRATOR, own(LIST), true, DISTRICT_PATH).await.unwrap();
        assert_eq!(counts(&dry), (5, 0, 0, 0, 0));
        assert_eq!(list(&house).await, []);
        assert_eq!(counts(&listed(&house, LIST).await), (5, 0, 0, 0, 0));
        assert_eq!(counts(&listed(&house, LIST).await), (0, 0, 5, 0, 0));
        assert_eq!(lines_of_lists(&house).await, 1, "the same again writes nothing");

        let lamps = class(&house, "路灯不亮").await;
        assert_eq!(lamps.path.to_string(), "城乡建设 / 市政设施 / 路灯不亮");
        assert_eq!((lamps.class.as_deref(), lamps.clock.as_deref(), lamps.profile.as_deref()), (Some("stair_lamp"), Some("same_day"), Some("hotline")));
        assert_eq!(class(&house, "广场舞").await.matter.as_deref(), Some("06028"), "an old code is taken as the one it became");

        // Without columns beside the path they stay as they were; a row that is missing closes its class, and nothing is deleted.
        house.clock.advance_secs(86_400);
        let short = "一级分类,二级分类,三级分类\n城乡建设,市政设施,路灯不亮\n城乡建设,市政设施,其他\n环境保护,噪声,其他\n环境保护,其他,\n";
        assert_eq!(counts(&listed(&house, short).await), (0, 0, 4, 0, 1));
        assert_eq!(class(&house, "路灯不亮").await, lamps);
        assert_eq!(class(&house, "广场舞").await.closed_on.map(|on| on.to_string()).as_deref(), Some("2026-11-25"));
        assert_eq!(counts(&listed(&house, short).await), (0, 0, 4, 0, 0));
        assert_eq!(counts(&listed(&house, LIST).await), (0, 1, 4, 0, 0), "it is back");
        assert!(class(&house, "广场舞").await.counts());
        house.clean().await;
    }

    async fn wrong_rows_are_answered_and_close_nothing(db: Db) {
        let house = House::new(db).await;
        listed(&house, LIST).await;
        let wrong = "一级分类,二级分类,三级分类,时限,责任岗位,办理流程,报修类别,事项代码\n\
            甲,乙,丙,someday,,,,\n甲,乙,丁,,市长,,,\n甲,乙,戊,,,quick,,\n甲,乙,己,,,,nothing,\n甲,乙,庚,,,,,0131\n甲,,辛,,,,,\n,乙,壬,,,,,\n\
            甲,乙,癸,life,,,,\n甲,乙,癸,urgent,,,,\n甲,乙,癸,life,,,,\n";
        let (totals, report) = bring(&house, ADMINISTRATOR, own(wrong), false, DISTRICT_PATH).await.unwrap();
        assert_eq!(counts(&totals), (1, 0, 1, 8, 0));
        assert!(totals.held_open, "five classes are in no row, and nobody knows which the rejected ones meant");
        for reason in ["clock=clock_unknown", "owners=owner_unknown", "profile=profile_unknown", "class=class_not_here", "matter=matter_unknown", "level2=level_missing", "level1=required", "level1=path_twice"] {
            assert!(report.contains(reason), "{reason} is not in {report}");
        }
        assert_eq!(list(&house).await.iter().filter(|class| class.counts()).count(), 6);
        for who in [OFFICER, DESK, STEWARD] {
            let refused = bring(&house, who, own(LIST), false, DISTRICT_PATH).await;
            assert!(matches!(refused, Err(ImportError::Cases(CasesError::Denied(_)))));
        }
    }

    async fn the_nearest_list_counts_as_a_whole(db: Db) {
        let house = House::new(db).await;
        listed(&house, LIST).await;
        bring(&house, ADMINISTRATOR, own("一级分类,二级分类,三级分类\n社区自己的,,\n"), false, COMMUNITY).await.unwrap();
        assert_eq!(list(&house).await.len(), 1);
        let mut read = house.db.read().await.unwrap();
        let above = queries::message_list(&mut read.conn(), DISTRICT, &path(DISTRICT_PATH)).await.unwrap();
        assert_eq!(above.classes.len(), 5);
    }

    async fn a_list_goes_along_when_its_place_moves(db: Db) {
        let house = House::new(db).await;
        bring(&house, ADMINISTRATOR, own("一级分类,二级分类,三级分类\n社区自己的,,\n"), false, COMMUNITY).await.unwrap();
        let moved = Moved { from: path(COMMUNITY), to: path("0000000100020001") };
        let mut followed = Vec::new();
        loop {
            let rows = act!(house, tx => commands::follow_move(&house.system(), tx, &moved, 500)).unwrap();
            followed.push(rows);
            if rows == 0 {
                break;
            }
        }
        assert_eq!(followed, [1, 0]);
        assert_eq!(list(&house).await, [], "it is not here any more");
        let mut read = house.db.read().await.unwrap();
        let there = queries::message_list(&mut read.conn(), DISTRICT, &path("00000001000200010001")).await.unwrap();
        assert_eq!(there.classes.len(), 1);
    }

    /// The list of a contest that no repository may hold.
    async fn the_real_list_becomes_one(db: Db) {
        let Some(folder) = std::env::var_os("LINLI_TEST_DATA") else {
            eprintln!("not done: LINLI_TEST_DATA does not name a folder");
            return;
        };
        let house = House::new(db).await;
        let file = Origin::File(PathBuf::from(folder).join("civic/message-classes.xlsx"));
        let (totals, _) = bring(&house, ADMINISTRATOR, file.clone(), false, DISTRICT_PATH).await.unwrap();
        assert_eq!(counts(&totals), (517, 0, 0, 0, 0));
        let classes = list(&house).await;
        let names = |level: usize| classes.iter().map(|class| class.path.0[level].clone()).collect::<BTreeSet<_>>().len();
        assert_eq!((names(0), names(1), names(2)), (15, 103, 390));
        let other = |level: usize| classes.iter().filter(move |class| class.path.0[level] == "其他");
        assert_eq!(other(2).count(), 116);
        assert_eq!(other(1).map(|class| class.path.0[0].clone()).collect::<BTreeSet<_>>().len(), 15);
        assert_eq!(classes.iter().map(|class| class.path.to_string()).collect::<BTreeSet<_>>().len(), 517);
        let (totals, _) = bring(&house, ADMINISTRATOR, file, false, DISTRICT_PATH).await.unwrap();
        assert_eq!(counts(&totals), (0, 0, 517, 0, 0));
        assert_eq!(lines_of_lists(&house).await, 1);
    }

    /// What the list writes beside a class counts before the class of reports; what it does not write is inherited.
    async fn the_list_says_how_a_case_is_handled(db: Db) {
        let house = House::new(db).await;
        listed(&house, LIST).await;
        let lamps = class(&house, "路灯不亮").await;
        let reported = filed(&house, DESK, Classed { message: Some(lamps.clone()), matter: None }).await.unwrap();
        let case = house.case(reported.id).await;
        assert_eq!((case.class.as_str(), case.message_class, case.profile.as_deref()), ("stair_lamp", Some(lamps.id), Some("hotline")));
        assert_eq!(case.due_at, at(25, 9), "a day on every clock, not two working days");
        assert_eq!(case.owner, Some(SECRETARY.owner()));
        // By the profile of the list it is filed first; nobody takes it before.
        assert!(matches!(house.take(STEWARD, reported.id).await, Err(CasesError::Transition(_))));

        let music = class(&house, "广场舞").await;
        let loud = filed(&house, DESK, Classed { message: Some(music.clone()), matter: None }).await.unwrap();
        let case = house.case(loud.id).await;
        assert_eq!((case.class.as_str(), case.profile, case.due_at), ("noise", None, at(25, 9)));
        let rules = house.office.rules(&case.place, house.clock_now()).unwrap();
        let case = house.case(loud.id).await;
        let (matter, chosen) = queries::matter_of(&rules, &case, Some(&music)).unwrap();
        assert_eq!((matter.code.as_str(), chosen), ("06028", queries::Chosen::ByMessage));

        // A matter alone leads to its class of reports; what is mapped to nothing leaves the words to decide.
        let by_matter = filed(&house, DESK, Classed { message: None, matter: Some("09012".to_owned()) }).await.unwrap();
        assert_eq!(house.case(by_matter.id).await.class, "fire_lane");
        let other = class(&house, "市政设施 / 其他").await;
        let by_words = filed(&house, DESK, Classed { message: Some(other), matter: Some("06047".to_owned()) }).await.unwrap();
        assert_eq!(house.case(by_words.id).await.class, "stair_lamp");

        let refused = filed(&house, DESK, Classed { message: None, matter: Some("06031".to_owned()) }).await;
        assert_eq!(field(refused.unwrap_err()), ("matter", FieldProblem::NotInTheList));
        listed(&house, "一级分类,二级分类,三级分类\n城乡建设,市政设施,其他\n").await;
        let closed = class(&house, "路灯不亮").await;
        let refused = filed(&house, DESK, Classed { message: Some(closed.clone()), matter: None }).await;
        assert_eq!(field(refused.unwrap_err()), ("message", FieldProblem::NotInTheList));
        assert_eq!(house.case(reported.id).await.message_class, Some(closed.id), "cases keep what closed");
        house.clean().await;
    }

    async fn a_wrong_class_is_corrected_with_its_clock(db: Db) {
        let house = House::new(db).await;
        listed(&house, LIST).await;
        let id = house.lamp().await.id;
        assert_eq!(house.case(id).await.due_at, at(26, 9));
        house.take(STEWARD, id).await.unwrap();
        house.clock.advance_secs(3_600);
        let lamps = class(&house, "路灯不亮").await;
        let anew = Correction { class: "stair_lamp".to_owned(), message: Some(lamps.id), matter: Some("01037".to_owned()), keep_owner: true };
        // Whoever has it goes on with it; that it goes to another is told elsewhere.
        let kept = |class: &str| Correction { keep_owner: true, ..to(class) };

        assert_eq!(field(correct(&house, DESK, id, &anew, " ").await.unwrap_err()), ("reason", FieldProblem::Required));
        assert_eq!(field(correct(&house, DESK, id, &to("stair_lamp"), "同样").await.unwrap_err()), ("class", FieldProblem::NothingNew));
        let unknown = Correction { matter: Some("06031".to_owned()), ..to("noise") };
        assert_eq!(field(correct(&house, DESK, id, &unknown, "噪声").await.unwrap_err()), ("matter", FieldProblem::NotInTheList));
        assert!(matches!(correct(&house, DESK, id, &to("nonsense"), "错").await, Err(CasesError::ClassUnknown(_))));
        assert!(matches!(correct(&house, STEWARD, id, &anew, "我来改").await, Err(CasesError::Denied(_))));
        assert!(matches!(correct(&house, OTHER_STEWARD, id, &anew, "我来改").await, Err(CasesError::NotFound)));
        assert_eq!(house.kinds(id).await, ["cases.reported", "cases.taken"], "nothing of what was refused is kept");

        correct(&house, DESK, id, &anew, "是路灯，不是楼道灯").await.unwrap();
        let case = house.case(id).await;
        assert_eq!((case.due_at, case.message_class, case.matter.as_deref(), case.state), (at(25, 9), Some(lamps.id), Some("01037"), CaseState::Handling));
        assert_eq!(house.kinds(id).await[2..], ["cases.class_corrected", "cases.deadline_moved"]);
        // Another class with the same term moves nothing.
        correct(&house, DESK, id, &kept("noise"), "其实是噪声").await.unwrap();
        assert_eq!((house.case(id).await.due_at, house.kinds(id).await.len()), (at(25, 9), 5));
        house.clean().await;

        // What somebody extended since is not taken back.
        act!(house, tx => commands::extend(&house.staff(DESK), tx, &house.office, id, ("five_days", "要等配件"))).unwrap();
        let extended = house.case(id).await.due_at;
        correct(&house, DESK, id, &kept("facade"), "是外墙").await.unwrap();
        assert_eq!(house.case(id).await.due_at, extended);

        house.finish(STEWARD, id).await.unwrap();
        act!(house, tx => commands::confirm(&house.staff(DESK), tx, &house.office, commands::Which::Id(id), None)).unwrap();
        assert_eq!(field(correct(&house, DESK, id, &to("noise"), "晚了").await.unwrap_err()), ("class", FieldProblem::Ended));
        house.clean().await;
    }

    /// A program names a 12345 class where it is mapped to one of reports, and both stand; the timeline says from what to what it was corrected.
    async fn a_program_names_a_class_of_the_list(db: Db) {
        let web = Web::open(db).await;
        listed(&web.house, LIST).await;
        let post = async |more: &str| {
            let body = format!(r#"{{"board":"ABCD","description":"晚上太吵",{more}}}"#);
            let request = http::Request::post("/api/v1/cases").header(http::header::CONTENT_TYPE, "application/json");
            let answer = web.send(request.body(axum::body::Body::from(body)).unwrap()).await;
            (answer.status.as_u16(), serde_json::from_str::<serde_json::Value>(&answer.text).unwrap())
        };
        let (status, made) = post(r#""message_class":"环境保护/噪声/广场舞扰民""#).await;
        assert_eq!((status, made["class"].as_str()), (201, Some("noise")), "{made}");
        let id: linli_cases::CaseId = made["id"].as_str().unwrap().parse().unwrap();
        let case = web.house.case(id).await;
        assert_eq!(case.message_class, Some(class(&web.house, "广场舞").await.id));
        for (named, key) in [("环境保护/噪声/其他", "没有对应的报修类别"), ("没有这一类", "没有这一项")] {
            let (status, wrong) = post(&format!(r#""message_class":"{named}""#)).await;
            assert_eq!((status, wrong["errors"][0]["field"].as_str()), (422, Some("message_class")), "{wrong}");
            assert!(wrong.to_string().contains(key) || key == "没有这一项", "{wrong}");
        }
        let (status, made) = post(r#""message_class":"环境保护/噪声/其他","class":"noise""#).await;
        assert_eq!(status, 201, "with a class of reports it need not be mapped: {made}");
        correct(&web.house, SECRETARY, id, &to("stair_lamp"), "说的是灯").await.unwrap();
        let page = web.get(&format!("/cases/{id}"), Some(SECRETARY)).await.text;
        assert!(page.contains("更正类别：噪声扰民 → 楼道灯不亮；环境保护 / 噪声 / 广场舞扰民 → "), "{page}");
        web.house.clean().await;
    }

    /// A complaint that was taken for something else leaves the reach of those it is about.
    async fn what_is_about_a_steward_leaves_him(db: Db) {
        let house = House::new(db).await;
        let id = house.lamp().await.id;
        house.take(STEWARD, id).await.unwrap();
        correct(&house, SECRETARY, id, &to("conduct"), "说的是管家").await.unwrap();
        let case = house.case(id).await;
        assert_eq!((case.place, case.owner.map(|owner| owner.role), case.public), (path(COMMUNITY), Some(SECRETARY.role), false));
        assert!(matches!(house.take(STEWARD, id).await, Err(CasesError::NotFound)));
        house.clean().await;
    }

    async fn a_file_names_a_class_by_any_of_the_three(db: Db) {
        let house = House::new(db).await;
        listed(&house, LIST).await;
        let text = "external_id,class,description,status,reported_at,matter\n\
            B-1,noise,一,reported,2026-11-20 08:00,\nB-2,06028,二,reported,2026-11-20 08:00,\nB-3,0128,三,reported,2026-11-20 08:00,\n\
            B-4,环境保护/噪声/广场舞扰民,四,reported,2026-11-20 08:00,\nB-5,广场舞扰民,五,reported,2026-11-20 08:00,06047\n\
            B-6,其他,六,reported,2026-11-20 08:00,\nB-7,06047,七,reported,2026-11-20 08:00,\nB-8,没有的,八,reported,2026-11-20 08:00,\n";
        let (totals, report) = take(&house, own(text), None, &options("12345")).await;
        assert_eq!(totals.rejected, 0);
        let doubt = |line: usize| report.lines().nth(line).unwrap().to_owned();
        assert!(doubt(6).contains("point_missing") && !doubt(6).contains("class="), "其他 is a class of reports: {report}");
        assert!(doubt(7).contains("class=class_unmapped") && doubt(8).contains("class=class_unknown"), "{report}");
        let mut read = house.db.read().await.unwrap();
        let c = &mut read.conn();
        let kept: Vec<(String, Option<String>, bool)> = sql!(c, x => sqlx::query_as(
            "SELECT class, matter, message_class IS NOT NULL FROM case_file ORDER BY external_id"
        ).fetch_all(x).await).unwrap();
        let said = |class: &str, matter: Option<&str>, message| (class.to_owned(), matter.map(str::to_owned), message);
        assert_eq!(kept, [
            said("noise", None, false), said("noise", Some("06028"), false), said("noise", Some("06028"), false),
            said("noise", None, true), said("noise", Some("06047"), true),
            said("other", None, false), said("other", Some("06047"), false), said("other", None, false),
        ]);
        // All three go out, and come in again unchanged.
        let scope = Scope { district: DISTRICT, place: path(DISTRICT_PATH) };
        let page = linli_cases::export::cases(&house.staff(OFFICER), c, &house.book.load(), &scope, None).await.unwrap();
        let column = |name: &str| linli_cases::export::CASES.iter().position(|column| *column == name).unwrap();
        let codes = |row: &Vec<String>| [row[column("class")].clone(), row[column("message_class")].clone(), row[column("matter")].clone()];
        let mut out: Vec<(String, [String; 3])> = page.rows.iter().map(|row| (row[column("external_id")].clone(), codes(row))).collect();
        out.sort();
        assert_eq!(out[3].1, ["noise", "环境保护 / 噪声 / 广场舞扰民", "06028"]);
        assert_eq!(out[5].1, ["other", "", ""]);
        drop(read);
        let quoted = |row: &Vec<String>| row.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect::<Vec<_>>().join(",");
        let text = format!("{}\n{}\n", linli_cases::export::CASES.join(","), page.rows.iter().map(quoted).collect::<Vec<_>>().join("\n"));
        let (totals, report) = take(&house, own(&text), None, &options("12345")).await;
        assert_eq!((totals.unchanged, totals.rejected), (8, 0), "{report}");
        let (totals, _) = take(&house, own(&text), None, &options("12345")).await;
        assert_eq!(totals.unchanged, 8);
    }

    async fn a_desk_chooses_and_corrects_without_a_script(db: Db) {
        let web = Web::open(db).await;
        listed(&web.house, LIST).await;
        let lamps = class(&web.house, "路灯不亮").await;
        let resident = web.get("/report?at=ABCD", None).await.text;
        assert!(!resident.contains("name=\"message\""), "nobody but staff is asked");
        let looking = [("at", "ABCD"), ("what", "路灯坏了"), ("q", "路灯"), ("look", "1")];
        let looked = web.post_files("/report", Some(DESK), &looking, None).await;
        assert_eq!(looked.status, StatusCode::OK);
        for word in ["路灯坏了</textarea>", "城乡建设 / 市政设施 / 路灯不亮", "01037 路灯异常", &lamps.id.to_string()] {
            assert!(looked.text.contains(word), "{word} is not in {}", looked.text);
        }
        let id = lamps.id.to_string();
        let sent = [("at", "ABCD"), ("what", "路灯坏了"), ("message", id.as_str()), ("matter", "01037"), ("told_by", "phone")];
        let sent = web.post_files("/report", Some(DESK), &sent, None).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text);
        let desk = web.get("/desk", Some(DESK)).await.text;
        let case = desk.split("case=").nth(1).map(|rest| rest[..36].to_owned()).unwrap();
        let page = web.get(&format!("/cases/{case}"), Some(DESK)).await.text;
        for word in ["城乡建设 / 市政设施 / 路灯不亮", "01037 路灯异常", "楼道灯不亮", "规则未核实", &format!("/cases/{case}/class")] {
            assert!(page.contains(word), "{word} is not in {page}");
        }
        assert!(!web.get(&format!("/cases/{case}"), Some(STEWARD)).await.text.contains("/class?back"));
        assert_eq!(web.get(&format!("/cases/{case}/class"), Some(STEWARD)).await.status, StatusCode::FORBIDDEN);
        let form = web.get(&format!("/cases/{case}/class?q=0128"), Some(DESK)).await.text;
        assert!(form.contains("06028 噪声扰民") && form.contains("城乡建设 / 市政设施 / 路灯不亮"), "what it has stays among the choices");
        let bare = web.post(&format!("/cases/{case}/class"), Some(DESK), "class=noise&message=&matter=06028&reason=").await;
        assert_eq!(bare.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(bare.text.contains("href=\"#f-reason\"") && bare.text.contains("06028"));
        let odd = web.post(&format!("/cases/{case}/class"), Some(DESK), "class=noise&message=x&matter=&reason=y").await;
        assert_eq!(odd.status, StatusCode::UNPROCESSABLE_ENTITY);
        let done = web.post(&format!("/cases/{case}/class"), Some(DESK), "class=noise&message=&matter=06028&reason=%E5%99%AA&back=desk").await;
        assert_eq!(done.location, format!("/desk?case={case}"), "{}", done.text);
        let page = web.get(&format!("/cases/{case}"), Some(DESK)).await.text;
        for word in ["为什么由其承办", "受理条件：邻里生活、娱乐噪声扰民", "网格员、社区工作者、社区书记", "依据：噪声污染防治法（2021）第七十条"]
        {
            assert!(page.contains(word), "{word} is not in {page}");
        }
        let english = web.get(&format!("/cases/{case}?lang=en"), Some(DESK)).await.text;
        assert!(english.contains("Taken up when: Noise of neighbours or leisure"), "{english}");
        assert!(page.contains("更正类别：楼道灯不亮 → 噪声扰民") && page.contains("2013 年代码 0128（按编码规律推定）"), "{page}");
        // 广场舞扰民 is mapped to the class of reports; that is said, and that nobody chose it.
        assert!(page.contains("环境保护 / 噪声 / 广场舞扰民") && page.contains("按报修类别对应"), "{page}");
    }

    async fn the_lists_are_shown_with_their_sources(db: Db) {
        let web = Web::open(db).await;
        let empty = web.get("/admin/classes?list=message", Some(ADMINISTRATOR)).await;
        assert!(empty.text.contains("还没有导入热线分类"), "{}", empty.text);
        listed(&web.house, LIST).await;
        let report = web.get("/admin/classes", Some(ADMINISTRATOR)).await.text;
        for word in [
            "楼道灯不亮",
            "2026.12",
            "规则未核实",
            "2 个工作日",
            "时限依据：运城市立案",
            "没有对应的事项",
            "受理条件：楼道、楼梯的公共照明",
            "承办岗位（依次）：生活管家、",
            "民法典第九百四十二条",
            "GB/T 47678.5-2026 事项 01037 路灯异常（转录）；运城市立案、处置和结案标准（一城示例）：单灯不亮（规则未核实）",
        ] {
            assert!(report.contains(word), "{word} is not in {report}");
        }
        let message = web.get("/admin/classes?list=message", Some(ADMINISTRATOR)).await.text;
        for word in ["城乡建设 / 市政设施 / 路灯不亮", "list.csv", "夜间无照明", "本市热线办法第八条", "没有对应的报修类别", "社区工作者"] {
            assert!(message.contains(word), "{word} is not in {message}");
        }
        let matters = web.get("/admin/classes?list=matter&q=0129", Some(ADMINISTRATOR)).await.text;
        assert!(matters.contains("06029 露天烧烤") && matters.contains("按编码规律推定") && matters.contains("共 1 项"), "{matters}");
        assert!(matters.contains("2026-07-01"), "since the standard is in force");
        assert!(web.get("/admin/classes?list=matter", Some(ADMINISTRATOR)).await.text.contains("共 250 项"));
        let components = web.get("/admin/classes?list=component&q=0501", Some(ADMINISTRATOR)).await.text;
        assert!(components.contains("没有已知的对应") && components.contains("GB/T 47678.5-2026"), "{components}");
        let english = web.get("/admin/classes?list=matter&q=0129&lang=en", Some(ADMINISTRATOR)).await.text;
        assert!(english.contains("rule not verified") && !english.contains("cases-class"), "{english}");
        assert_eq!(web.get("/admin/classes", None).await.status, StatusCode::UNAUTHORIZED);
    }

    /// Who looks after the whole city chooses whose list he sees; whoever has one district is not asked.
    async fn the_administrator_of_the_city_chooses_a_district(db: Db) {
        let web = Web::open(db).await;
        listed(&web.house, LIST).await;
        let all = web.get("/admin/classes?list=message", Some(CITY_ADMINISTRATOR)).await.text;
        assert!(all.contains(r#"<option value="1">玄武区</option>"#) && all.contains("还没有导入热线分类"), "{all}");
        let chosen = web.get("/admin/classes?list=message&district=1", Some(CITY_ADMINISTRATOR)).await.text;
        assert!(chosen.contains("城乡建设 / 市政设施 / 路灯不亮") && chosen.contains(r#"<option value="1" selected>玄武区</option>"#), "{chosen}");
        assert!(chosen.contains("/admin/classes?district=1&amp;list=report") || chosen.contains("/admin/classes?district=1&#38;list=report"), "the tabs keep it: {chosen}");
        assert_eq!(web.get("/admin/classes?district=77", Some(CITY_ADMINISTRATOR)).await.status, StatusCode::NOT_FOUND);
        let own = web.get("/admin/classes?list=message&district=77", Some(ADMINISTRATOR)).await.text;
        assert!(!own.contains("玄武区</option>") && own.contains("路灯不亮"));
    }
}

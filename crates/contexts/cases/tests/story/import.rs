//! Files of other systems. The real ones are tried where `LINLI_TEST_DATA` names the folder that holds them.

use std::path::PathBuf;

use linli_access::{Actor, Role, Scope};
use linli_cases::import::{Import, ImportOptions, LA_311, NYC_311, schema};
use linli_cases::{CaseState, LocationFlag, Neighbours, PortFuture, StaffCard, commands, queries};
use linli_db::{Conn, Db, DbError, sql};
use linli_kernel::{DistrictId, PlacePath};
use linli_sheet::{ExportFormat, Lang, Limits, Mapping, Origin, Report, Source, Totals};
use uuid::Uuid;

use crate::house::{ADMINISTRATOR, COMMUNITY, DISTRICT, ENTRANCE, House, OFFICER, STEWARD, path};

pub struct Keys;

impl Neighbours for Keys {
    fn place_of_code<'a, 'c: 'a>(
        &'a self,
        _: &'a mut Conn<'c>,
        _: &'a str,
    ) -> PortFuture<'a, Result<Option<(DistrictId, PlacePath)>, DbError>> {
        Box::pin(async { Ok(None) })
    }
    fn place_of_key<'a, 'c: 'a>(
        &'a self,
        _: &'a mut Conn<'c>,
        _: DistrictId,
        key: &'a str,
    ) -> PortFuture<'a, Result<Option<PlacePath>, DbError>> {
        Box::pin(async move { Ok(if key == "SJ3/3栋/2单元" { Some(path(ENTRANCE)) } else { key.parse().ok() }) })
    }
    fn place_name<'a, 'c: 'a>(
        &'a self,
        _: &'a mut Conn<'c>,
        _: DistrictId,
        _: &'a PlacePath,
    ) -> PortFuture<'a, Result<String, DbError>> {
        Box::pin(async { Ok(String::new()) })
    }
    fn staff<'a, 'c: 'a>(
        &'a self,
        _: &'a mut Conn<'c>,
        _: DistrictId,
        _: Uuid,
    ) -> PortFuture<'a, Result<Option<StaffCard>, DbError>> {
        Box::pin(async { Ok(None) })
    }
}

pub fn options(system: &str) -> ImportOptions {
    ImportOptions { dry_run: false, system: system.to_owned(), place: Some(path(COMMUNITY)), outline: None }
}

/// Takes a file; gives the totals and the report.
pub async fn take(house: &House, origin: Origin, mapping: Option<&str>, options: &ImportOptions) -> (Totals, String) {
    let schema = schema();
    let mapping = match mapping {
        Some(text) => Mapping::from_toml(text, &schema).unwrap(),
        None => Mapping::by_name(&schema, Some(linli_geo::Crs::Wgs84)),
    };
    let limits = Limits::default();
    let source = Source::open(&origin, mapping.hints(), &limits).unwrap();
    let mut out = Vec::new();
    let mut report = Report::new(&mut out, ExportFormat::Csv, source.headers(), Lang::En).unwrap();
    let ctx = house.staff(ADMINISTRATOR);
    let say = |e: &linli_sheet::FieldError| format!("{}={}", e.field, e.code);
    let import = Import {
        ctx: &ctx,
        db: &house.db,
        office: &house.office,
        neighbours: &Keys,
        district: DISTRICT,
        options,
        origin: &origin,
        limits: &limits,
        say: &say,
    };
    import.run(source, &mapping, &mut report, &mut |_| {}).await.unwrap();
    let totals = report.finish().unwrap();
    (totals, String::from_utf8(out).unwrap())
}

const OWN: &str = "external_id,place,class,title,description,status,reported_at,due_at,closed_at,lon,lat,address,source,reporter\n\
    A-1,SJ3/3栋/2单元,stair_lamp,,三楼楼道灯不亮,handling,2026-11-20 08:00,2026-11-24 08:00,,118.7969,32.0603,锁金三村3栋,电话,13800000000\n\
    A-2,SJ3/3栋/2单元,,,下水道堵塞反水,closed,2026-11-20 08:00,,2026-11-20 18:00,118.7969,32.0603,,电话,\n\
    A-3,SJ3/3栋/2单元,,,路灯不亮,closed,2026-11-20 08:00,,2026-11-19 18:00,,,,,\n\
    A-4,NOWHERE,,,路灯不亮,reported,2026-11-20 08:00,,,,,,,\n\
    A-5,,,,路灯不亮,reported,2026-02-30 08:00,,,,,,,\n\
    A-6,,神秘类别,,有东西,reported,2026-11-20 08:00,,,0,0,,,张三\n\
    A-7,,,,有东西,somewhere,2026-11-20 08:00,,,,,,,\n\
    A-8,,,,路灯不亮,reported,2027-11-01 08:00,,,,,,,\n\
    A-9,,,,路灯不亮,closed,2026-11-20 08:00,,2027-11-01 08:00,,,,,\n\
    A-2,SJ3/3栋/2单元,,,另一件事,closed,2026-11-20 08:00,,2026-11-20 18:00,118.7969,32.0603,,电话,\n";

pub fn own(text: &str) -> Origin {
    Origin::Bytes { name: "cases.csv".into(), bytes: text.as_bytes().to_vec().into() }
}

async fn column_of_ids(db: &Db) -> Vec<linli_cases::CaseId> {
    let mut read = db.read().await.unwrap();
    let c = &mut read.conn();
    sql!(c, x => sqlx::query_scalar("SELECT id FROM case_file ORDER BY id").fetch_all(x).await).unwrap()
}

async fn column(db: &Db, text: &'static str) -> Vec<String> {
    let mut read = db.read().await.unwrap();
    let c = &mut read.conn();
    sql!(c, x => sqlx::query_scalar(text).fetch_all(x).await).unwrap()
}

linli_db::both_databases! {
    async fn every_row_is_answered_and_the_same_file_changes_nothing(db: Db) {
        let house = House::new(db).await;
        let mut dry = options("12345");
        dry.dry_run = true;
        let (totals, _) = take(&house, own(OWN), None, &dry).await;
        assert_eq!((totals.accepted, totals.flagged, totals.rejected), (2, 1, 7));
        assert_eq!(column(&house.db, "SELECT number FROM case_file").await, Vec::<String>::new());

        let (totals, report) = take(&house, own(OWN), None, &options("12345")).await;
        assert_eq!((totals.accepted, totals.flagged, totals.rejected), (2, 1, 7));
        for reason in ["closed_at=closed_before_reported", "place=place_unknown", "reported_at=date", "reported_at=in_the_future", "closed_at=in_the_future", "class=class_unknown", "location=point_outside", "reporter=reporter_not_kept", "status=status_unknown", "external_id=key_twice"] {
            assert!(report.contains(reason), "{reason} is not in {report}");
        }
        assert_eq!(report.lines().count(), 11, "each row once, in order");
        assert!(!report.contains("reporter_not_kept (张三)"));
        assert_eq!(column(&house.db, "SELECT number FROM case_file ORDER BY external_id").await, ["2026-000001", "2026-000002", "2026-000003"]);
        assert_eq!(column(&house.db, "SELECT class FROM case_file ORDER BY external_id").await, ["stair_lamp", "sewer", "other"]);

        let (totals, _) = take(&house, own(OWN), None, &options("12345")).await;
        assert_eq!((totals.unchanged, totals.accepted, totals.changed, totals.flagged), (3, 0, 0, 0));
        house.fold().await;
        house.clean().await;
        let lines = column(&house.db, "SELECT kind FROM journal WHERE district_id = 1").await;
        assert_eq!(lines, ["cases.imported"], "one line per batch, none for a batch without news");

        let mut read = house.db.read().await.unwrap();
        let f = queries::figures(&house.staff(OFFICER), &mut read.conn(), DISTRICT, &path(COMMUNITY), house.clock_now()).await.unwrap();
        assert_eq!((f.open, f.overdue, f.reported_30d, f.closed_30d, f.confirmed_30d), (2, 1, 3, 1, 0));
    }

    async fn who_takes_what_came_without_a_promise_gives_one(db: Db) {
        let house = House::new(db).await;
        let row = "external_id,place,description,status,reported_at\nA-1,SJ3/3栋/2单元,三楼楼道灯不亮,reported,2026-11-20 08:00\nA-2,SJ3/3栋/2单元,楼上着火,reported,2026-11-10 08:00\n";
        take(&house, own(row), None, &options("12345")).await;
        let ids = column_of_ids(&house.db).await;
        for id in &ids {
            let case = house.case(*id).await;
            assert_eq!((case.due_at, case.emergency), (None, false), "what was on fire two weeks ago is no danger of now");
            house.take(STEWARD, *id).await.unwrap();
            let taken = house.case(*id).await;
            assert!(taken.due_at.is_some_and(|due| due > house.clock_now()), "it can never be late");
            assert!(house.kinds(*id).await.contains(&"cases.deadline_moved".to_owned()));
        }
        house.clean().await;
    }

    async fn a_phone_that_changed_there_is_the_one_that_is_called(db: Db) {
        let house = House::new(db).await;
        let row = |phone: &str| {
            format!("external_id,place,description,status,reported_at,reporter\nA-1,SJ3/3栋/2单元,三楼楼道灯不亮,reported,2026-11-20 08:00,{phone}\n")
        };
        let totals = async |phone: &str| take(&house, own(&row(phone)), None, &options("12345")).await.0;
        assert_eq!(totals("13800000000").await.accepted + totals("13800000000").await.unchanged, 1, "the first is flagged for its missing point");
        let id: linli_cases::CaseId = column_of_ids(&house.db).await[0];
        let called = async || {
            let mut tx = house.db.begin(DISTRICT).await.unwrap();
            let seen = commands::contact(&house.staff(STEWARD), &mut tx, &house.office, id, "约时间").await.unwrap();
            tx.commit().await.unwrap();
            seen
        };
        assert_eq!(called().await.as_deref(), Some("13800000000"));
        assert_eq!(totals("13900000000").await.changed, 1, "the row says so");
        assert_eq!(called().await.as_deref(), Some("13900000000"));
        assert_eq!(totals("13900000000").await.unchanged, 1);
        assert_eq!(totals("").await.unchanged, 1);
        assert_eq!(called().await.as_deref(), Some("13900000000"), "a source that is silent does not take the number away");
        house.clean().await;
    }

    async fn what_changed_there_changes_here_but_not_what_was_done_here(db: Db) {
        let house = House::new(db).await;
        take(&house, own(OWN), None, &options("12345")).await;
        let id: Vec<Uuid> = {
            let mut read = house.db.read().await.unwrap();
            let c = &mut read.conn();
            sql!(c, x => sqlx::query_scalar("SELECT id FROM case_file WHERE external_id = 'A-1'").fetch_all(x).await).unwrap()
        };
        let id = linli_cases::CaseId(id[0]);
        house.finish(crate::house::DESK, id).await.unwrap();
        let later = OWN.replace("三楼楼道灯不亮,handling,2026-11-20 08:00", "三楼楼道灯不亮,reported,2026-11-19 08:00").replace("下水道堵塞反水,closed,2026-11-20 08:00,,2026-11-20 18:00", "下水道堵塞反水,closed,2026-11-20 08:00,,2026-11-21 18:00");
        let (totals, report) = take(&house, own(&later), None, &options("12345")).await;
        assert_eq!((totals.changed, totals.unchanged), (2, 1));
        assert!(report.contains("status=worked_on_here"));
        let case = house.case(id).await;
        assert_eq!((case.state, case.reported_at.rfc3339().as_str(), case.external_status.as_deref()), (CaseState::AwaitingConfirmation, "2026-11-19T08:00:00+08:00", Some("reported")));
        house.fold().await;
        house.clean().await;
    }

    /// That the promise of another system ran over is noted here, and is no work of ours: its source may still say how it ended.
    async fn an_overdue_case_still_follows_its_source(db: Db) {
        let house = House::new(db).await;
        let head = "external_id,place,status,description,reported_at,due_at,closed_at\n";
        let open = format!("{head}B-1,SJ3/3栋/2单元,handling,楼道灯不亮,2026-11-01 08:00,2026-11-03 08:00,\n");
        take(&house, own(&open), None, &options("12345")).await;
        let mut tx = house.db.begin(DISTRICT).await.unwrap();
        assert_eq!(linli_cases::commands::sweep_overdue(&house.system(), &mut tx, &house.office, 100).await.unwrap(), 1);
        assert_eq!(linli_cases::commands::sweep_overdue(&house.system(), &mut tx, &house.office, 100).await.unwrap(), 0, "once");
        tx.commit().await.unwrap();
        let closed = open.replace("handling", "closed").replace("2026-11-03 08:00,\n", "2026-11-03 08:00,2026-11-20 08:00\n");
        let (totals, report) = take(&house, own(&closed), None, &options("12345")).await;
        assert_eq!(totals.changed, 1, "{report}");
        assert!(!report.contains("worked_on_here"), "{report}");
        assert_eq!(column(&house.db, "SELECT state FROM case_file").await, ["closed"]);
        house.clean().await;
    }

    async fn what_goes_out_comes_in_unchanged_and_cases_of_our_own_are_never_taken_over(db: Db) {
        let house = House::new(db).await;
        take(&house, own(OWN), None, &options("12345")).await;
        let reported = house.lamp().await;
        let scope = Scope { district: DISTRICT, place: PlacePath::root() };
        let page = {
            let mut read = house.db.read().await.unwrap();
            assert!(linli_cases::export::cases(&house.staff(ADMINISTRATOR), &mut read.conn(), &house.book.load(), &scope, None).await.is_err(), "who imports need not read cases");
            linli_cases::export::cases(&house.staff(OFFICER), &mut read.conn(), &house.book.load(), &Scope { place: path(crate::house::DISTRICT_PATH), ..scope.clone() }, None).await.unwrap()
        };
        let quoted = |row: &Vec<String>| row.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect::<Vec<_>>().join(",");
        let text = |rows: &[Vec<String>]| format!("{}\n{}\n", linli_cases::export::CASES.join(","), rows.iter().map(quoted).collect::<Vec<_>>().join("\n"));
        assert_eq!(page.rows.len(), 4);
        assert!(!text(&page.rows).contains("13800000000"), "no contact goes out");
        let lines = column(&house.db, "SELECT kind FROM journal WHERE district_id = 1").await.len();
        let (totals, report) = take(&house, own(&text(&page.rows)), None, &options("elsewhere")).await;
        assert_eq!((totals.unchanged, totals.rows()), (4, 4), "{report}");
        let ours = page.rows.iter().find(|row| row[0] == "linli").unwrap();
        assert_eq!(ours[1], house.case(reported.id).await.number);
        let (mut other, mut nowhere) = (ours.clone(), ours.clone());
        other[5] = "另一件事".into();
        nowhere[1] = "2026-999999".into();
        let (totals, report) = take(&house, own(&text(&[other, nowhere])), None, &options("elsewhere")).await;
        assert_eq!(totals.rejected, 2, "{report}");
        assert!(report.contains("external_id=own_case") && report.contains("external_id=own_unknown"), "{report}");
        assert_eq!(column(&house.db, "SELECT kind FROM journal WHERE district_id = 1").await.len(), lines, "nothing was written");
    }

    async fn a_key_that_comes_again_in_a_later_batch_is_answered_like_in_the_same_one(db: Db) {
        let house = House::new(db).await;
        let mut text = "external_id,status,description,reported_at,lon,lat,crs\n".to_owned();
        for n in 0..5_010 {
            text.push_str(&format!("B-{n},handling,灯,2026-11-20 08:00,118.7969,32.0603,wgs84\n"));
        }
        text.push_str("B-1,handling,灯,2026-11-20 08:00,118.7969,32.0603,wgs84\nB-2,closed,灯,2026-11-20 08:00,118.7969,32.0603,wgs84\n");
        let (totals, report) = take(&house, own(&text), None, &options("x")).await;
        assert_eq!((totals.flagged, totals.unchanged, totals.rejected), (5_010, 1, 1), "{}", report.lines().last().unwrap());
        assert_eq!(report.matches("location=point_repeated").count(), 5_010, "said in every row, the first one too");
        let (again, _) = take(&house, own(&text), None, &options("x")).await;
        assert_eq!((again.unchanged, again.changed), (5_011, 0));
    }

    async fn only_an_administrator_imports(db: Db) {
        let house = House::new(db).await;
        let (origin, limits) = (own(OWN), Limits::default());
        let source = Source::open(&origin, &Default::default(), &limits).unwrap();
        let mapping = Mapping::by_name(&schema(), Some(linli_geo::Crs::Wgs84));
        let mut out = Vec::new();
        let mut report = Report::new(&mut out, ExportFormat::Csv, source.headers(), Lang::En).unwrap();
        let owner = STEWARD.owner();
        let scope = Scope { district: DISTRICT, place: PlacePath::root() };
        let ctx = house.ctx(Actor::Staff { person: owner.person, appointment: owner.appointment, role: Role::LifeSteward, scope });
        let say = |e: &linli_sheet::FieldError| e.code.to_owned();
        let options = options("x");
        let import = Import { ctx: &ctx, db: &house.db, office: &house.office, neighbours: &Keys, district: DISTRICT, options: &options, origin: &origin, limits: &limits, say: &say };
        assert!(import.run(source, &mapping, &mut report, &mut |_| {}).await.is_err());
    }

    async fn los_angeles_comes_in_whole(db: Db) {
        let Some(folder) = data() else { return };
        let house = House::new(db).await;
        let file = || Origin::File(folder.join("civic/la-311-raw.csv"));
        let (totals, report) = take(&house, file(), Some(LA_311), &options("la-311")).await;
        assert_eq!((totals.rows(), totals.rejected), (10_000, 0), "{}", report.lines().filter(|l| l.contains("rejected")).take(3).collect::<Vec<_>>().join("\n"));
        let count = async |text: &'static str| column(&house.db, text).await;
        assert_eq!(count("SELECT state || ' ' || CAST(COUNT(*) AS TEXT) FROM case_file GROUP BY state ORDER BY state").await, ["closed 9725", "handling 15", "reported 16", "void 244"]);
        assert_eq!(count("SELECT external_status || ' ' || CAST(COUNT(*) AS TEXT) FROM case_file GROUP BY external_status ORDER BY 1").await.len(), 5);
        let missing = count("SELECT external_id FROM case_file WHERE location_flag = 'missing'").await;
        assert_eq!(missing.len(), 11);
        assert_eq!(LocationFlag::Missing.as_str(), "missing");
        assert_eq!(report.matches("closed_at=closing_unknown").count(), 18);
        let (again, _) = take(&house, file(), Some(LA_311), &options("la-311")).await;
        assert_eq!(again.unchanged, 10_000);
        house.fold().await;
        house.clean().await;
    }

    async fn new_york_is_the_same_from_csv_and_json(db: Db) {
        let Some(folder) = data() else { return };
        let house = House::new(db).await;
        let (totals, report) = take(&house, Origin::File(folder.join("civic/nyc-311-1000.csv")), Some(NYC_311), &options("nyc-311")).await;
        assert_eq!((totals.rows(), totals.rejected), (1_000, 0), "{}", report.lines().filter(|l| l.contains("rejected")).take(3).collect::<Vec<_>>().join("\n"));
        let (same, _) = take(&house, Origin::File(folder.join("civic/nyc-311-1000.json")), Some(NYC_311), &options("nyc-311")).await;
        assert_eq!(same.unchanged, 1_000, "{same:?}");
        let states = column(&house.db, "SELECT state || ' ' || CAST(COUNT(*) AS TEXT) FROM case_file GROUP BY state ORDER BY state").await;
        assert_eq!(states, ["closed 677", "dispatched 1", "handling 293", "reported 29"]);
        assert_eq!(column(&house.db, "SELECT external_id FROM case_file WHERE location_flag = 'missing'").await.len(), 12);
        house.clean().await;
    }
}

fn data() -> Option<PathBuf> {
    let folder = std::env::var_os("LINLI_TEST_DATA").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("skipped: LINLI_TEST_DATA names no folder of real files");
    }
    folder
}

//! People and appointments from files, and out again.

use linli_access::{Actor, Ctx, Role, Scope};
use linli_db::{Db, both_databases, journal};
use linli_kernel::PlacePath;
use linli_people::import::{ImportError, PeopleImport, PeopleKind};
use linli_people::{commands, export};
use linli_sheet::{ExportFormat, Lang, Limits, Mapping, Origin, Report, Source, Totals};
use linli_territory::error::Problem;
use uuid::Uuid;

use crate::house::House;

async fn bring(
    house: &House,
    kind: PeopleKind,
    (name, bytes): (&str, &[u8]),
    mapping: Option<&str>,
    dry_run: bool,
) -> Result<(Totals, String), ImportError> {
    let mapping = mapping.map_or_else(|| Ok(kind.own_mapping()), |text| Mapping::from_toml(text, &kind.schema()))?;
    let origin = Origin::Bytes { name: name.into(), bytes: bytes.into() };
    let source = Source::open(&origin, mapping.hints(), &Limits::default())?;
    let mut out = Vec::new();
    let mut report = Report::new(&mut out, ExportFormat::Csv, source.headers(), Lang::En)?;
    let say = |problem: &Problem| format!("{}={}", problem.field, problem.what);
    let ctx = house.ctx();
    let import = PeopleImport { ctx: &ctx, db: &house.db, district: house.district, kind, dry_run, say: &say };
    let totals = import.run(source, &mapping, &mut report, &mut |_| {}).await?;
    report.finish()?;
    Ok((totals, String::from_utf8(out).unwrap()))
}

const PEOPLE: &str = "工号,姓名,单位类型,单位名称,统一社会信用代码,工作电话\nP1,陈桂兰,property_company,玄武惠民物业,91350100M000100Y43,025-0000-0101\nP2,周建国,residents_committee,梅园社区居委会,,\n";
const APPOINTMENTS: &str = "person_code,organisation_name,role,title,place,grid_code,public_phone,from,to\n\
    P1,玄武惠民物业,life_steward,,E1/3栋/2单元,,025-0000-0101,2026-11-01,\n\
    P2,梅园社区居委会,grid_worker,,,G1,,2026-11-01,2027-11-01\n\
    P2,梅园社区居委会,member,党建指导员,E1,,,2026年11月1日,\n";

both_databases! {
    async fn the_same_people_from_every_encoding_and_from_json(db: Db) {
        let house = House::open(db).await;
        let gb = encoding_rs::GB18030.encode(PEOPLE).0.into_owned();
        let bom = [b"\xEF\xBB\xBF", PEOPLE.as_bytes()].concat();
        let json = r#"[{"person_code":"P1","name":"陈桂兰","work_phone":"025-0000-0101"},{"person_code":"P2","name":"周建国"}]"#;
        let (dry, _) = bring(&house, PeopleKind::People, ("a.csv", PEOPLE.as_bytes()), None, true).await.unwrap();
        assert_eq!((dry.accepted, house.last_line().await), (2, house.last_line().await));
        let before = house.last_line().await;
        let files: [(&str, &[u8]); 4] = [("a.csv", PEOPLE.as_bytes()), ("gb.csv", &gb), ("bom.csv", &bom), ("a.json", json.as_bytes())];
        for (at, file) in files.into_iter().enumerate() {
            let (totals, report) = bring(&house, PeopleKind::People, file, None, false).await.unwrap();
            let expected = if at == 0 { (2, 0) } else { (0, 2) };
            assert_eq!((totals.accepted, totals.unchanged), expected, "{}: {report}", file.0);
        }
        assert_eq!(house.last_line().await, before + 1, "one line for the batch, none for those that changed nothing, none for the dry run");
        let (totals, report) = bring(&house, PeopleKind::Appointments, ("b.csv", APPOINTMENTS.as_bytes()), None, false).await.unwrap();
        assert_eq!((totals.accepted, totals.rejected), (3, 0), "{report}");
        let (totals, _) = bring(&house, PeopleKind::Appointments, ("b.csv", APPOINTMENTS.as_bytes()), None, false).await.unwrap();
        assert_eq!(totals.unchanged, 3);
    }

    async fn every_bad_row_is_named_with_its_line_and_the_rest_is_taken(db: Db) {
        let house = House::open(db).await;
        let (long, bell) = ("长".repeat(100_000), '\u{7}');
        let text = format!(
            "person_code,name,organisation_kind,organisation_name,organisation_credit_code,work_phone\n\
             P1,陈桂兰,property_company,甲物业,91350100M000100Y44,\nP2,周建国,castle,乙,,\nP3,,,,,\nP4,a{bell}b,,,,\nP5,吴秀珍,,,,not a phone\nP6,好人,,,,\nP6,另一人,,,,\nP7,{long},,,,\nP8,少一格\n"
        );
        let (totals, report) = bring(&house, PeopleKind::People, ("a.csv", text.as_bytes()), None, false).await.unwrap();
        assert_eq!((totals.accepted, totals.rejected), (1, 8), "{report}");
        for (line, reason) in [
            (2, "organisation_credit_code=credit_code"), (3, "organisation_kind=unknown"), (4, "“name”: required"), (5, "control characters"),
            (6, "work_phone=phone"), (8, "person_code=duplicate"), (9, "too long"), (10, "fewer cells"),
        ] {
            let told = report.lines().find(|l| l.contains(&format!(",{line},not imported,"))).unwrap_or_else(|| panic!("line {line} in {report}"));
            assert!(told.contains(reason), "line {line}: {reason} not in {}", &told.chars().rev().take(200).collect::<String>().chars().rev().collect::<String>());
        }
        let text = "person_code,role,place,from,to\nP6,life_steward,E1,2026-11-02,2026-11-01\nP6,king,E1,2026-11-02,\nP6,life_steward,NOWHERE,2026-11-02,\nP6,life_steward,E1,2026-02-30,\nNOBODY,life_steward,E1,2026-11-02,\n";
        let (totals, report) = bring(&house, PeopleKind::Appointments, ("b.csv", text.as_bytes()), None, false).await.unwrap();
        assert_eq!((totals.accepted, totals.rejected), (0, 5), "{report}");
        for reason in ["to=ends_before_it_begins", "role=unknown", "place=unknown", "2026-02-30", "person_code=unknown"] {
            assert!(report.contains(reason), "{reason} in {report}");
        }
    }

    async fn a_mapping_renames_columns_and_words(db: Db) {
        let house = House::open(db).await;
        let mapping = "kind = \"people\"\nunknown = [\"无\"]\n[columns]\nperson_code = \"no\"\nname = \"who\"\norganisation_name = \"firm\"\norganisation_kind = { column = \"type\", values = { \"物业\" = \"property_company\" } }\nwork_phone = \"tel\"\n";
        let text = "no,who,firm,type,tel\n1,陈桂兰,甲物业,物业,无\n2,周建国,乙,城堡,\n";
        let (totals, report) = bring(&house, PeopleKind::People, ("a.csv", text.as_bytes()), Some(mapping), false).await.unwrap();
        assert_eq!((totals.accepted, totals.rejected), (1, 1), "{report}");
        assert!(report.contains("城堡"), "{report}");
    }

    async fn what_goes_out_comes_in_unchanged_and_phones_only_when_asked(db: Db) {
        let house = House::open(db).await;
        bring(&house, PeopleKind::People, ("a.csv", PEOPLE.as_bytes()), None, false).await.unwrap();
        bring(&house, PeopleKind::Appointments, ("b.csv", APPOINTMENTS.as_bytes()), None, false).await.unwrap();
        // An end in the middle of a day, with fractions of a second, survives too.
        let steward = house.held("P1").await[0].id;
        let mut tx = house.db.begin(house.district).await.unwrap();
        let end = linli_kernel::Ts(crate::house::at(26, 17).0 + 123_456);
        commands::end_appointment(&house.ctx(), &mut tx, steward, end).await.unwrap();
        tx.commit().await.unwrap();
        let scope = Scope { district: house.district, place: PlacePath::root() };
        let table = |header: &[&str], rows: Vec<Vec<String>>| {
            let lines = rows.iter().map(|row| row.join(","));
            std::iter::once(header.join(",")).chain(lines).collect::<Vec<_>>().join("\n")
        };
        let (plain, phones, posts) = {
            let mut read = house.db.read().await.unwrap();
            let c = &mut read.conn();
            let plain = export::people(&house.ctx(), c, &scope, false, "").await.unwrap();
            let phones = export::people(&house.ctx(), c, &scope, true, "").await.unwrap();
            let posts = export::appointments(&house.ctx(), c, &scope, None).await.unwrap();
            (table(export::PEOPLE, plain.rows), table(export::PEOPLE_WITH_PHONES, phones.rows), table(export::APPOINTMENTS, posts.rows))
        };
        assert!(!plain.contains("0101") && phones.contains("025-0000-0101"), "{plain}");
        let line = house.last_line().await;
        for (kind, text, rows) in [(PeopleKind::People, &plain, 2), (PeopleKind::People, &phones, 2), (PeopleKind::Appointments, &posts, 3)] {
            let (totals, report) = bring(&house, kind, ("out.csv", text.as_bytes()), None, false).await.unwrap();
            assert_eq!((totals.unchanged, totals.rows()), (rows, rows), "{report}");
        }
        assert_eq!(house.last_line().await, line);
        let mut read = house.db.read().await.unwrap();
        let staff = |role| Ctx { actor: Actor::Staff { person: Uuid::from_u128(1), appointment: Uuid::from_u128(2), role, scope: scope.clone() }, ..house.ctx() };
        let c = &mut read.conn();
        assert!(export::people(&staff(Role::DistrictOfficer), c, &scope, false, "").await.is_err());
        assert!(export::people(&staff(Role::Administrator), c, &scope, true, "").await.is_ok());
        assert_eq!(journal::last_seq(c, house.district).await.unwrap(), line);
    }
}

//! Institutions and returns from real files: none of their rows is lost, and unknown, suppressed and zero stay three things.

use std::io::Read as _;
use std::path::PathBuf;

use jiff::civil::date;
use linli_access::Ctx;
use linli_db::{Db, exec};
use linli_kernel::DistrictId;
use linli_sheet::{ExportFormat, Lang, Limits, Mapping, Origin, Report, Source, Totals};
use linli_territory::error::Problem;
use linli_treatment::import::{FIGURES, MAPPINGS, NetworkImport, NetworkKind};
use linli_treatment::model::{Figures, Institution, Stated};
use linli_treatment::queries;
use linli_treatment::rules::Rules;

use crate::house::{DISTRICT, House, OFFICER, path};

/// A file of the folder of real files; `None` where there is no such folder.
fn real(name: &str) -> Option<Vec<u8>> {
    let file = PathBuf::from(std::env::var("LINLI_TEST_DATA").ok()?).join("health").join(name);
    let bytes = std::fs::read(file).unwrap();
    if !name.ends_with(".gz") {
        return Some(bytes);
    }
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(bytes.as_slice()).read_to_end(&mut plain).unwrap();
    Some(plain)
}

/// The header and the rows that hold one of some texts.
fn some_of(text: &[u8], wanted: &[&str]) -> Vec<u8> {
    let text = std::str::from_utf8(text).unwrap();
    let keep = text.lines().enumerate().filter(|(at, line)| *at == 0 || wanted.iter().any(|one| line.contains(one)));
    keep.map(|(_, line)| format!("{line}\n")).collect::<String>().into_bytes()
}

impl House {
    async fn bring(&self, mapping: &str, (name, bytes): (&str, &[u8]), dry_run: bool) -> (Totals, String) {
        let (_, kind, text) = MAPPINGS.into_iter().find(|(known, _, _)| *known == mapping).unwrap();
        self.bring_as(kind, &Mapping::from_toml(text, &kind.schema()).unwrap(), (name, bytes), dry_run).await
    }

    async fn bring_as(
        &self,
        kind: NetworkKind,
        mapping: &Mapping,
        (name, bytes): (&str, &[u8]),
        dry_run: bool,
    ) -> (Totals, String) {
        let origin = Origin::Bytes { name: name.into(), bytes: bytes.into() };
        let source = Source::open(&origin, mapping.hints(), &Limits::default()).unwrap();
        let mut out = Vec::new();
        let mut report = Report::new(&mut out, ExportFormat::Csv, source.headers(), Lang::En).unwrap();
        let say = |problem: &Problem| format!("{}={} {}", problem.field, problem.what, problem.detail);
        let ctx = Ctx::system("import", self.clock.clone(), self.rng.clone());
        let import =
            NetworkImport { ctx: &ctx, db: &self.db, network: &self.network, district: DISTRICT, kind, dry_run, say: &say };
        let totals = import.run(source, mapping, &mut report, &mut |_| {}).await.unwrap();
        report.finish().unwrap();
        (totals, String::from_utf8(out).unwrap())
    }

    async fn known(&self, code: &str) -> Option<Institution> {
        let mut read = self.db.read().await.unwrap();
        let found = queries::institutions::list(&self.staff(OFFICER), &mut read.conn(), code, "").await.unwrap();
        found.into_iter().find(|one| one.code == code)
    }

    async fn figures(&self, code: &str, form: &str, day: jiff::civil::Date) -> Figures {
        let known = self.known(code).await.unwrap();
        let mut read = self.db.read().await.unwrap();
        let (c, ctx) = (&mut read.conn(), self.staff(OFFICER));
        let view = queries::returns::about(&ctx, c, &self.network, (DISTRICT, known.id), (form, day)).await.unwrap();
        view.told.map(|told| told.figures).unwrap_or_default()
    }

    /// Two districts of Beijing.
    pub async fn haidian(&self) {
        let mut tx = self.db.begin(DistrictId::CITY).await.unwrap();
        let c = &mut tx.conn().unwrap();
        let text =
            "INSERT INTO district (id, division, name, place_path, created_at) VALUES (2, '110108', '海淀区', '00000002', 0)";
        exec!(c, sqlx::query(text)).unwrap();
        exec!(c, sqlx::query("INSERT INTO journal_counter (district_id, last_seq) VALUES (2, 0)")).unwrap();
        tx.commit().await.unwrap();
    }
}

#[test]
fn a_file_may_bring_every_figure_of_the_forms_that_ship() {
    let book = linli_rulebook::Rulebook::builtin(&linli_treatment::rules::NETWORK_PACKS).unwrap();
    let rules = Rules::at(&book, &linli_kernel::PlacePath::root(), linli_kernel::Ts(1_800_000_000_000_000)).unwrap();
    let mut fields: Vec<&str> = rules.forms().all().flat_map(|form| form.fields.iter().map(|field| field.id.as_str())).collect();
    fields.sort_unstable();
    fields.dedup();
    let mut known = FIGURES.to_vec();
    known.sort_unstable();
    assert_eq!(known, fields);
}

linli_db::both_databases! {
    async fn the_hundred_and_one_fever_clinics_of_beijing(db: Db) {
        let Some(file) = real("fever-clinics-beijing-2020-02.json") else { return };
        let house = House::new(db).await;
        house.haidian().await;
        let (dry, _) = house.bring("beijing-fever-clinics", ("a.json", &file), true).await;
        assert_eq!((dry.rows(), dry.rejected), (101, 0));
        assert!(house.known("北京大学人民医院").await.is_none(), "a dry run writes nothing");
        let (totals, report) = house.bring("beijing-fever-clinics", ("a.json", &file), false).await;
        assert_eq!((totals.rows(), totals.rejected), (101, 0), "{report}");
        // 海淀 and 海淀区 are one district, which is served; the others are kept here, and somebody should look.
        assert_eq!((totals.accepted, totals.flagged), (13 - 1, 89), "one of Haidian's tells hours without saying from when: {report}");
        let (again, _) = house.bring("beijing-fever-clinics", ("a.json", &file), false).await;
        assert_eq!(again.unchanged, 101);
        let mut read = house.db.read().await.unwrap();
        let c = &mut read.conn();
        let of = async |c: &mut linli_db::Conn<'_>, district| {
            queries::clinics::clinics(c, district, (None, None), queries::clinics::Wanted::default(), house.now()).await.unwrap()
        };
        let (here, there) = (of(c, DISTRICT).await, of(c, DistrictId(2)).await);
        assert_eq!((here.len(), there.len()), (88, 13));
        let open = here.iter().chain(&there).filter(|one| matches!(one.now.open, linli_treatment::model::OpenNow::Open(_))).count();
        assert_eq!(open, 95, "94 round the clock and one from eight to five; six say how long and not when");
    }

    async fn suppressed_is_not_zero_and_ids_keep_their_leading_zeros(db: Db) {
        let Some(file) = real("hhs-2022-09-23.csv.gz") else { return };
        // 010108: leading zero; 050515: shares its ccn; the rest: suppressed, over-full, without coordinates.
        let file = some_of(&file, &["\"010108\"", "\"640001\"", "\"AK\"", "\"WY\"", "\"DC\""]);
        let house = House::new(db).await;
        let rows = u64::try_from(String::from_utf8_lossy(&file).lines().count() - 1).unwrap();
        let (totals, report) = house.bring("hhs-hospitals", ("a.csv", &file), false).await;
        assert_eq!((totals.accepted, totals.rejected, totals.flagged), (rows, 0, 0), "{report}");
        let known = house.known("010108").await.unwrap();
        assert!(known.point.is_some() && known.place == path(crate::house::DISTRICT_PATH));
        assert!(house.known("10108").await.is_none());
        let mut read = house.db.read().await.unwrap();
        let all = queries::institutions::list(&house.staff(OFFICER), &mut read.conn(), "", "").await.unwrap();
        drop(read);
        let odd = |address: &str| address.starts_with(',') || address.split(", ").any(|part| part.trim() == "NA");
        assert!(all.iter().all(|one| !odd(&one.address)), "what is not known is no part of an address");
        let (told, report) = house.bring("hhs-week", ("a.csv", &file), false).await;
        assert_eq!((told.rows(), told.rejected), (rows, 0), "{report}");
        assert_eq!(house.bring("hhs-week", ("a.csv", &file), false).await.0.unchanged, rows);
        let week = date(2022, 9, 23);
        let figures = house.figures("640001", "capacity_week", week).await;
        assert_eq!((figures["icu_beds"], figures["icu_used"]), (Stated::Number(49), Stated::Number(38)));
        let mut read = house.db.read().await.unwrap();
        let days = queries::returns::day(&house.staff(OFFICER), &mut read.conn(), &house.network, week).await.unwrap();
        let sum = |field: &str| days[0].sums.iter().find(|one| one.field == field).unwrap().sum;
        let plain = |column: usize, wanted: &dyn Fn(&str) -> bool| {
            let text = String::from_utf8_lossy(&file).into_owned();
            let cells = text.lines().skip(1).map(cells_of).filter(|cells| wanted(&cells[column])).count();
            i64::try_from(cells).unwrap()
        };
        let head = cells_of(String::from_utf8_lossy(&file).lines().next().unwrap());
        let column = head.iter().position(|name| name == "icu_beds_used_7_day_sum").unwrap();
        let used = sum("icu_used");
        assert!(used.suppressed > 0, "there are suppressed ones among them");
        assert_eq!(used.suppressed, plain(column, &|cell| cell == "-999999"));
        assert_eq!(used.unknown, plain(column, &|cell| cell == "NA"));
        assert_eq!(used.numbers, plain(column, &|cell| cell.parse::<i64>().is_ok_and(|n| n >= 0)));
    }

    async fn what_the_german_register_did_not_count_yet_is_not_zero(db: Db) {
        let Some(file) = real("rki/Intensivregister_Bundeslaender_Kapazitaeten.csv.gz") else { return };
        let file = some_of(&file, &["2020-03-20,0", "2020-03-21,0"]);
        let house = House::new(db).await;
        let (areas, report) = house.bring("divi-areas", ("a.csv", &file), false).await;
        assert_eq!(areas.rejected, 0, "{report}");
        let (told, report) = house.bring("divi-days", ("a.csv", &file), false).await;
        assert_eq!((told.rejected, told.accepted), (0, told.rows()), "{report}");
        let figures = house.figures("01/ERWACHSENE", "area_day", date(2020, 3, 20)).await;
        assert_eq!(figures["icu_reserve"], Stated::Unknown);
        assert_eq!((figures["icu_patients"], figures["icu_free"]), (Stated::Number(16), Stated::Number(99)));
        let mut read = house.db.read().await.unwrap();
        let days = queries::returns::day(&house.staff(OFFICER), &mut read.conn(), &house.network, date(2020, 3, 20)).await.unwrap();
        assert!(days[0].sums.is_empty() && days[0].each.len() == days[0].told, "regions and groups of patients are not added up");
    }

    async fn columns_that_were_added_later_were_not_asked_before(db: Db) {
        let Some(first) = real("pcm-dpc-regioni/dpc-covid19-ita-regioni-20200224.csv") else { return };
        let house = House::new(db).await;
        let (regions, report) = house.bring("italy-regions", ("a.csv", &first), false).await;
        assert_eq!((regions.accepted, regions.rejected), (21, 0), "{report}");
        for name in ["20200224", "20200806", "20210114", "20220504", "20250108"] {
            let file = real(&format!("pcm-dpc-regioni/dpc-covid19-ita-regioni-{name}.csv")).unwrap();
            let (told, report) = house.bring("italy-days", (name, &file), false).await;
            assert_eq!((told.rows(), told.rejected), (21, 0), "{name}: {report}");
        }
        let early = house.figures("13", "area_day", date(2020, 2, 24)).await;
        assert_eq!((early["icu_patients"], early.get("icu_admissions")), (Stated::Number(0), None));
        let late = house.figures("13", "area_day", date(2021, 1, 14)).await;
        assert_eq!((late["icu_patients"], late["icu_admissions"]), (Stated::Number(40), Stated::Number(4)));
    }

    /// The whole register comes from files: again it changes nothing, a dry run writes nothing, and what cannot be names its column.
    async fn grids_members_places_staff_and_beds_come_from_files(db: Db) {
        let house = House::new(db).await;
        let bring = async |kind: NetworkKind, text: &str, dry: bool| {
            let own = Mapping::by_name(&kind.schema(), Some(linli_geo::Crs::Wgs84));
            house.bring_as(kind, &own, ("a.csv", text.as_bytes()), dry).await
        };
        let institutions = "code,name,kind,level,unit_kind,unit_name\n\
                            H1,东院,hospital,tertiary,icu,重症医学科\n\
                            H2,西院,hospital,tertiary,,\n\
                            C1,锁金中心,health_centre,primary,,\n";
        assert_eq!(bring(NetworkKind::Institutions, institutions, false).await.0.accepted, 3);
        for (kind, good, bad, why) in [
            (
                NetworkKind::TreatmentGrids,
                "网格编码,网格名称,网格类别,牵头机构编码,起始日期\nG1,东片,general,H1,2026-12-01\nG2,西片,general,H2,2026-12-01\n",
                "code,name,kind,lead\nG1,别的,general,H1\nG3,中片,general,C1\nG4,北片,general,H9\nG5,南片,temple,H1\n",
                ["code=taken", "lead=unknown_word", "lead=unknown", "kind=unknown_word"].as_slice(),
            ),
            (
                NetworkKind::GridMembers,
                "机构编码,网格编码,起始日期\nC1,G1,2026-12-02\n",
                "institution,grid,from\nC9,G1,\nC1,G9,\nC1,G2,2026-12-01\n",
                ["institution=unknown", "grid=unknown", "grid=other_grid"].as_slice(),
            ),
            (
                NetworkKind::Catchments,
                "institution,place,from\nC1,320102001001,2026-12-01\n",
                "institution,place\nH1,320102001001\nC1,999999999999\n",
                ["institution=unknown_word", "place=unknown_word"].as_slice(),
            ),
            (
                NetworkKind::Staff,
                "机构编码,职业,培训,支援单位,人数,起始日期\nH1,nurse,intensive_care,,30,2026-12-01\nH1,nurse,intensive_care,西院,12,2026-12-01\n",
                "institution,profession,training,headcount\nH1,nurse,intensive_care,many\nH1,priest,general,1\nH1,doctor,general,-1\n",
                ["headcount=number", "profession=unknown_word", "headcount=impossible"].as_slice(),
            ),
            (
                NetworkKind::Beds,
                "机构编码,科室名称,床位类型,科目,数量,时点\nH1,重症医学科,icu,in_place,12,2026-12-10T08:00:00+08:00\n\
                 H1,重症医学科,icu,open,10,2026-12-10T08:00:00+08:00\n",
                "institution,unit,bed_type,kind,amount\nH1,没有这科,icu,open,1\nH1,重症医学科,icu,reserved,1\n\
                 H1,重症医学科,icu,open,99999\nH1,重症医学科,icu,open,13\nH1,重症医学科,icu,blocked,1\n",
                ["unit=unknown", "kind=unknown_word", "amount=impossible", "amount=impossible", "reason=missing"].as_slice(),
            ),
        ] {
            let rows = u64::try_from(good.lines().count() - 1).unwrap();
            let (dry, report) = bring(kind, good, true).await;
            assert_eq!((dry.accepted, dry.rejected), (rows, 0), "{}: {report}", kind.name());
            let (first, report) = bring(kind, good, false).await;
            assert_eq!((first.accepted, first.rejected), (rows, 0), "{}: {report}", kind.name());
            assert_eq!(bring(kind, good, false).await.0.unchanged, rows, "{}", kind.name());
            let (refused, report) = bring(kind, bad, false).await;
            assert_eq!(refused.rejected, u64::try_from(why.len()).unwrap(), "{}: {report}", kind.name());
            for why in why {
                assert!(report.contains(why), "{}: {why} is not in {report}", kind.name());
            }
        }
        let mut read = house.db.read().await.unwrap();
        let (c, ctx) = (&mut read.conn(), house.staff(OFFICER));
        let (lead, centre) = (house.known("H1").await.unwrap().id, house.known("C1").await.unwrap().id);
        let grid = queries::grids::grid_at(c, (DISTRICT, centre), linli_treatment::model::GridKind::General, house.now()).await.unwrap();
        assert_eq!(grid.map(|grid| grid.code).as_deref(), Some("G1"));
        let view = queries::institutions::show(&ctx, c, DISTRICT, lead).await.unwrap();
        let mut heads: Vec<i64> = view.staffing.iter().map(|one| one.headcount).collect();
        heads.sort_unstable();
        assert_eq!(heads, [12, 30]);
        assert_eq!(queries::beds::check(c, DISTRICT).await.unwrap(), Vec::<String>::new());
    }

    async fn rows_that_cannot_be_are_refused_one_by_one(db: Db) {
        let house = House::new(db).await;
        let own = |kind: NetworkKind| Mapping::by_name(&kind.schema(), Some(linli_geo::Crs::Wgs84));
        let text = "机构编码,机构名称,机构类别,级别,科室类别,科室名称,开诊时间\n\
                    007,东院,hospital,tertiary,fever_clinic,发热门诊,全天\n\
                    008,西院,temple,tertiary,,,\n\
                    009,,hospital,second,,,\n\
                    010,北院,hospital,second,fever_clinic,,\n\
                    011,南院,health_centre,primary,fever_room,发热诊室,看情况\n";
        let (totals, report) = house.bring_as(NetworkKind::Institutions, &own(NetworkKind::Institutions), ("a.csv", text.as_bytes()), false).await;
        assert_eq!((totals.accepted, totals.flagged, totals.rejected), (1, 1, 3), "{report}");
        assert!(house.known("010").await.is_none() && house.known("007").await.is_some());
        // One code under two names in one file: the later counts, and it is told.
        let named = "code,name,kind\n0016,白天的名,hospital\n0016,夜里改名,hospital\n,,\n";
        let (totals, report) = house.bring_as(NetworkKind::Institutions, &own(NetworkKind::Institutions), ("n.csv", named.as_bytes()), false).await;
        assert_eq!((totals.accepted, totals.flagged), (1, 1), "{report}");
        assert!(report.contains("name=other_name_before 白天的名"), "{report}");
        assert_eq!(house.known("0016").await.unwrap().name, "夜里改名");
        let text = "institution,day,form,visits,rooms_open,transfers\n\
                    007,2026-12-14,fever_clinic,0,3,NA\n\
                    011,2026-12-14,fever_clinic,-5,3,0\n\
                    012,2026-12-14,fever_clinic,5,3,0\n\
                    011,2026-12-14,fever_clinic,many,3,0\n\
                    011,2026-12-14,nothing,5,3,0\n\
                    011,2027-12-14,fever_clinic,5,3,0\n";
        let (totals, report) = house.bring_as(NetworkKind::Returns, &own(NetworkKind::Returns), ("b.csv", text.as_bytes()), false).await;
        assert_eq!((totals.accepted, totals.rejected), (1, 5), "{report}");
        let figures = house.figures("007", "fever_clinic", date(2026, 12, 14)).await;
        assert_eq!((figures["visits"], figures["transfers"]), (Stated::Number(0), Stated::Unknown));
    }
}

/// The cells of a csv line whose quoted cells hold no quotes.
fn cells_of(line: &str) -> Vec<String> {
    let (mut cells, mut cell, mut quoted) = (Vec::new(), String::new(), false);
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(std::mem::take(&mut cell)),
            c => cell.push(c),
        }
    }
    cells.push(cell);
    cells
}

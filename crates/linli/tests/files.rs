//! Files through the binary: out and in again changes nothing, a killed import leaves whole batches and goes on, bad files say why.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test that cannot go on should stop"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use linli_db::testing::TestDb;

const DIVISIONS: &str = "code,name\n3201,南京市\n320102,玄武区\n320102002,梅园新村街道\n320102002001,梅园新村社区居委会\n320102002002,大行宫社区居委会\n";
const ESTATES: &str = "estate_code,community_code,name,kind,year_built,area_m2,households,management,manager_name,manager_credit_code,managed_since,lon,lat,crs,buildings\n\
    T1,320102002001,梧桐试验里,closed,1989,4000.5,24,entrusted,惠民物业,91350100M000100Y43,2020-07-01,118.7969,32.0603,gcj02,2\n\
    T2,320102002002,=1+1,scattered,,,,,,,,,,,\n";
const HOMES: &str = "estate_code,building,entrance,floor,room,area_m2\nT1,1栋,1单元,1,101,52.5\nT1,1栋,1单元,-1,B01,\nT1,2栋,1单元,1,0101,60.25\n";
const COMPONENTS: &str =
    "component_id,name,place,lon,lat,crs,state,since\n32010201037000001,+路灯,T1,118.7969,32.0603,wgs84,,2020-01-01\n";
const GRIDS: &str = "grid_code,name,community_code,covers\nG1,一网格,320102002001,T1;T2/\n";
const PEOPLE: &str = "person_code,name,organisation_kind,organisation_name,organisation_credit_code,work_phone\n007,陈试,property_company,惠民物业,91350100M000100Y43,+8625-0000-0001\n";
const APPOINTMENTS: &str = "person_code,organisation_name,role,title,place,grid_code,public_phone,from,to\n\
    007,惠民物业,life_steward,,T1/1栋/1单元,,025-0000-0001,2020-01-01,\n007,惠民物业,grid_worker,,,G1,,2020-01-01 08:30:15,2030-01-01\n";
const CASES: &str = "system,external_id,place,class,title,description,status,state,reported_at,due_at,closed_at,lon,lat,crs,source\n\
    12345,A-1,T1/1栋/1单元,stair_lamp,,=三楼楼道灯不亮,处理中,handling,2026-11-20 08:00:07,2026-11-24 08:00,,118.7969,32.0603,gcj02,电话\n\
    12345,A-2,T1,,,\"下水道\n堵塞, 反水\",已办结,closed,2026-11-20 08:00,,2026-11-20 18:00,,,,电话\n\
    12345,A-3,T2,,,路灯不亮,已办结,closed,2026-11-20 08:00,,,,,,\n";

struct House {
    folder: PathBuf,
    url: Option<String>,
}

impl House {
    fn run(&self, words: &[&str]) -> Output {
        self.command(words).output().unwrap()
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_linli"));
        command.arg("--data").arg(&self.folder).args(words).env("LINLI_LANG", "en");
        if let Some(url) = &self.url {
            command.args(["--database-url", url]);
        }
        command
    }

    /// Brings a file in; gives its last line.
    fn bring(&self, kind: &str, file: &Path, more: &[&str]) -> (bool, String) {
        let file = file.to_str().unwrap();
        let mut words = vec!["import", kind, file, "--district", "320102"];
        words.extend(more);
        let done = self.run(&words);
        let said = format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
        (done.status.success(), said)
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        std::fs::create_dir_all(&self.folder).unwrap();
        let path = self.folder.with_file_name(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

fn what_goes_out_comes_in_unchanged(house: &House) {
    let kinds = [
        ("divisions", DIVISIONS, 5),
        ("estates", ESTATES, 2),
        ("homes", HOMES, 3),
        ("components", COMPONENTS, 1),
        ("people", PEOPLE, 1),
        ("grids", "grid_code,name,community_code,covers\nG1,一网格,320102002001,T1;T2\n", 1),
        ("appointments", APPOINTMENTS, 2),
        ("cases", CASES, 3),
    ];
    assert_ne!(GRIDS, kinds[5].1, "a cover that is no place is refused below");
    for (kind, text, rows) in kinds {
        let (_, said) = house.bring(kind, &house.file(&format!("{kind}.csv"), text), &[]);
        assert!(said.contains(&format!("{rows} rows: ")) && said.contains(" 0 rejected"), "{kind}: {said}");
    }
    let (fine, said) = house.bring("grids", &house.file("bad-grids.csv", GRIDS), &[]);
    assert!(!fine && said.contains("line 2") && said.contains("covers"), "{said}");
    // A case that was reported here goes out under our own number and is never taken over by a file.
    for (kind, _, rows) in kinds {
        for ending in ["csv", "xlsx"] {
            let out = house.folder.with_file_name(format!("{kind}-out.{ending}"));
            let done = house.run(&["export", kind, out.to_str().unwrap()]);
            assert!(done.status.success(), "{kind}: {}", String::from_utf8_lossy(&done.stderr));
            assert!(!house.run(&["export", kind, out.to_str().unwrap()]).status.success(), "an export never overwrites");
            let (fine, said) = house.bring(kind, &out, &[]);
            assert!(
                fine && said.contains(&format!("{rows} rows: 0 new, 0 changed, {rows} unchanged, 0 flagged, 0 rejected")),
                "{kind} {ending}: {said}"
            );
        }
    }
    let csv = |kind: &str| std::fs::read_to_string(house.folder.with_file_name(format!("{kind}-out.csv"))).unwrap();
    assert!(csv("estates").contains(",'=1+1,") && csv("components").contains(",'+路灯,"), "no cell starts a formula");
    assert!(!csv("people").contains("0000-0001"), "no phones unless asked");
    let phones = house.folder.with_file_name("phones.csv");
    assert!(house.run(&["export", "people", phones.to_str().unwrap(), "--with-phones"]).status.success());
    assert!(std::fs::read_to_string(&phones).unwrap().contains("+8625-0000-0001"));
    let checked = house.run(&["check"]);
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
}

fn a_killed_import_leaves_whole_batches(house: &House) {
    const ROWS: usize = 15_000;
    const BATCH: u64 = 5_000;
    for (kind, text) in [("divisions", DIVISIONS), ("estates", ESTATES)] {
        house.bring(kind, &house.file(&format!("{kind}.csv"), text), &[]);
    }
    let rows = (0..ROWS).map(|n| format!("T1,{}栋,{}单元,{},{:04},50\n", n / 400, n / 40 % 10, n / 4 % 10, n % 10_000));
    let file = house.file("homes.csv", format!("estate_code,building,entrance,floor,room,area_m2\n{}", rows.collect::<String>()));
    let report = house.folder.with_file_name("answers.csv");
    let words = ["import", "homes", file.to_str().unwrap(), "--district", "320102", "--report", report.to_str().unwrap()];
    let mut child = house.command(&words).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    // The answers of the first batch are written after it is on disk.
    while std::fs::metadata(&report).map_or(0, |m| m.len()) < 8_000 {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it could be killed");
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let (fine, said) = house.bring("homes", &file, &[]);
    let number = |word: &str| -> u64 {
        let line = said.lines().find(|l| l.contains(" rows: ")).unwrap_or_else(|| panic!("{said}"));
        line.split(", ")
            .chain(line.split(": "))
            .find_map(|part| part.trim().strip_suffix(word)?.trim().rsplit(' ').next()?.parse().ok())
            .unwrap()
    };
    let (new, there) = (number("new"), number("unchanged"));
    assert!(fine && new + there == ROWS as u64, "{said}");
    assert!(there >= BATCH && there % BATCH == 0 && new > 0, "whole batches were kept, and it was killed in the middle: {said}");
    let (_, said) = house.bring("homes", &file, &[]);
    assert!(said.contains(&format!("{ROWS} unchanged")), "{said}");
    let checked = house.run(&["check"]);
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
}

fn a_list_of_classes_counts_at_its_place(house: &House) {
    for (kind, text) in [("divisions", DIVISIONS), ("estates", ESTATES), ("homes", HOMES)] {
        house.bring(kind, &house.file(&format!("{kind}.csv"), text), &[]);
    }
    let list = "一级分类,二级分类,三级分类,时限,报修类别,事项代码\n城乡建设,市政设施,路灯不亮,same_day,stair_lamp,0128\n城乡建设,其他,,,,\n";
    let file = house.file("list.csv", list);
    let (fine, said) = house.bring("classes", &file, &["--at", "320102002001", "--dry-run"]);
    assert!(fine && said.contains("2 rows: 2 new"), "{said}");
    let (fine, said) = house.bring("classes", &file, &["--at", "320102002001"]);
    assert!(fine && said.contains("2 rows: 2 new") && !said.contains("closed"), "{said}");
    let (_, said) = house.bring("classes", &file, &["--at", "320102002001"]);
    assert!(said.contains("0 new, 0 changed, 2 unchanged"), "{said}");
    // The whole city may have one of its own; the nearest counts.
    let city = house.file("city.csv", "一级分类,二级分类,三级分类\n全市的,,\n");
    let (fine, said) = house.bring("classes", &city, &["--at", "3201"]);
    assert!(fine && said.contains("1 rows: 1 new"), "{said}");
    let (fine, said) = house.bring("classes", &city, &["--at", "9999"]);
    assert!(!fine && said.contains("9999"), "{said}");

    let cases =
        "external_id,place,class,description,status,reported_at\nC-1,T1,城乡建设/市政设施/路灯不亮,灯,处理,2026-11-20 08:00\n\
        C-2,T2,全市的,灯,处理,2026-11-20 08:00\nC-3,T2,09012,车,处理,2026-11-20 08:00\n"
            .replace("处理", "handling");
    let (fine, said) = house.bring("cases", &house.file("cases.csv", cases), &[]);
    assert!(
        fine && said.contains("3 rows: 0 new, 0 changed, 0 unchanged, 3 flagged"),
        "without coordinates each is doubtful: {said}"
    );
    let out = house.folder.with_file_name("cases-out.csv");
    assert!(house.run(&["export", "cases", out.to_str().unwrap()]).status.success());
    let text = std::fs::read_to_string(&out).unwrap();
    for row in ["stair_lamp,", "城乡建设 / 市政设施 / 路灯不亮,06028", "全市的,", "fire_lane,"] {
        assert!(text.contains(row), "{row} is not in {text}");
    }
    let (fine, said) = house.bring("cases", &out, &[]);
    assert!(fine && said.contains("3 unchanged"), "{said}");

    let short = house.file("short.csv", "一级分类,二级分类,三级分类\n城乡建设,其他,\n");
    let (fine, said) = house.bring("classes", &short, &["--at", "320102002001"]);
    assert!(fine && said.contains("1 were closed"), "{said}");
    let wrong = house.file("wrong.csv", "一级分类,二级分类,三级分类,时限\n新的,,,何时\n");
    let (fine, said) = house.bring("classes", &wrong, &["--at", "320102002001"]);
    assert!(!fine && said.contains("line 2") && said.contains("何时") && said.contains("No class was closed"), "{said}");
    if let Some(folder) = std::env::var_os("LINLI_TEST_DATA") {
        let file = PathBuf::from(folder).join("civic/message-classes.xlsx");
        let (fine, said) = house.bring("classes", &file, &["--at", "320102002002"]);
        assert!(fine && said.contains("517 rows: 517 new"), "{said}");
        let (_, said) = house.bring("classes", &file, &["--at", "320102002002"]);
        assert!(said.contains("517 unchanged, 0 flagged, 0 rejected"), "{said}");
    }
    let checked = house.run(&["check"]);
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
}

fn on_both(body: fn(&House)) {
    let folder = tempfile::tempdir().unwrap();
    body(&House { folder: folder.path().join("data"), url: None });
    let Some(test) = tokio::runtime::Runtime::new().unwrap().block_on(TestDb::postgres()) else {
        eprintln!("skipped: LINLI_TEST_PG names no PostgreSQL server");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    body(&House { folder: folder.path().join("data"), url: test.config.url.clone() });
}

#[test]
fn a_list_of_classes_is_taken_at_a_place() {
    on_both(a_list_of_classes_counts_at_its_place);
}

#[test]
fn round_trips() {
    on_both(what_goes_out_comes_in_unchanged);
}

fn divisions_open_the_district_that_is_named(house: &House) {
    let file = house.file("divisions.csv", DIVISIONS);
    let (fine, said) = house.bring("divisions", &file, &["--dry-run"]);
    assert!(fine, "{said}");
    let estates = house.file("estates.csv", ESTATES);
    let without = |house: &House| house.run(&["import", "estates", estates.to_str().unwrap()]);
    assert!(!without(house).status.success(), "a dry run opened the district");
    let (fine, said) = house.bring("divisions", &file, &[]);
    assert!(fine, "{said}");
    let brought = without(house);
    assert!(brought.status.success(), "{}", String::from_utf8_lossy(&brought.stderr));
}

#[test]
fn divisions_open_a_district() {
    on_both(divisions_open_the_district_that_is_named);
}

#[test]
fn kill_in_the_middle() {
    on_both(a_killed_import_leaves_whole_batches);
}

#[test]
fn bad_files_say_what_is_wrong_with_them() {
    let folder = tempfile::tempdir().unwrap();
    let house = House { folder: folder.path().join("data"), url: None };
    house.bring("divisions", &house.file("d.csv", DIVISIONS), &[]);
    house.bring("estates", &house.file("e.csv", ESTATES), &[]);
    let out = house.folder.with_file_name("out.xlsx");
    assert!(house.run(&["export", "estates", out.to_str().unwrap()]).status.success());
    let whole = std::fs::read(&out).unwrap();
    let gb = [&b"estate_code,name\nT9,"[..], &[0xCE, 0xE0, 0xCD, 0xA9], b"\n"].concat();
    for (name, bytes, said) in [
        ("picture.csv", b"\x89PNG\r\n\x1a\n0000".to_vec(), "a picture"),
        ("text.xlsx", ESTATES.as_bytes().to_vec(), "not what its name says"),
        ("torn.xlsx", whole[..whole.len() / 2].to_vec(), "xlsx"),
        ("packed.csv", b"\x1f\x8b\x08\x00".to_vec(), "gzip"),
        ("empty.csv", Vec::new(), "empty"),
        ("nul.csv", b"estate_code,name\nT\0,x\n".to_vec(), "binary"),
        ("twice.csv", b"estate_code,name,name\nT9,a,b\n".to_vec(), "two columns `name`"),
        ("deep.json", format!("[{}", "[".repeat(100_000)).into_bytes(), "not what its name says"),
        ("deeper.json", format!("[{{\"a\":{}", "[".repeat(100_000)).into_bytes(), "JSON"),
        ("other.csv", b"a,b\n1,2\n".to_vec(), "columns.estate_code"),
    ] {
        let (fine, told) = house.bring("estates", &house.file(name, bytes), &[]);
        assert!(!fine && told.contains(said), "{name}: {told}");
    }
    let (fine, told) = house.bring("estates", &house.file("header.csv", "estate_code,name\n"), &[]);
    assert!(fine && told.contains("0 rows: "), "{told}");
    let (fine, told) = house.bring("estates", &house.file("gb.csv", gb), &["--community", "320102002001"]);
    assert!(fine && told.contains("1 new"), "{told}");
    let rows = format!(
        "estate_code,community_code,name,managed_since,manager_credit_code,lon,lat,crs\n\
         B1,320102002001,甲,2021-02-29,,,,\nB2,999999999999,乙,,,,,\nB3,320102002001,丙,,91350100M000100Y44,,,\nB4,320102002001,丁,,,32.05,118.79,wgs84\n\
         B5,320102002001,戊,,,118.79,32.05,\nB6,320102002001,{},,,,,\nB7,320102002001\nB8,320102002001,庚,,,,,,多出来的\nB9,320102002001,a\u{7}b,,,,,\n",
        "长".repeat(100_000)
    );
    let report = house.folder.with_file_name("rows.xlsx");
    let (fine, told) = house.bring("estates", &house.file("rows.csv", rows), &["--report", report.to_str().unwrap()]);
    assert!(!fine && told.contains("9 rows: 0 new, 0 changed, 0 unchanged, 0 flagged, 9 rejected"), "{told}");
    for (line, field) in [
        (2, "managed_since"),
        (3, "community_code"),
        (4, "manager_credit_code"),
        (5, "lon"),
        (6, "crs"),
        (7, "name"),
        (10, "name"),
    ] {
        assert!(
            told.lines().any(|l| l.starts_with(&format!("line {line}: ")) && l.contains(field)),
            "line {line}, {field}: {told}"
        );
    }
    assert!(std::fs::read(&report).unwrap().starts_with(b"PK"), "the report is what its ending says");
    let cases = "external_id,place,status,description,reported_at,closed_at\nX-1,T1,closed,灯,2026-11-20 08:00,2026-11-19 08:00\nX-2,T1,handling,灯,2026-02-30 08:00,\nX-3,NOWHERE,handling,灯,2026-11-20,\n";
    let (fine, told) = house.bring("cases", &house.file("cases.csv", cases), &[]);
    assert!(!fine && told.contains("3 rows: 0 new") && told.contains("3 rejected"), "{told}");
    // A report that would overwrite, or whose ending says nothing, is refused before anything is imported.
    let (fine, told) = house.bring("estates", &house.file("e.csv", ESTATES), &["--report", report.to_str().unwrap()]);
    assert!(!fine && told.contains("never overwrites"), "{told}");
    let (fine, told) = house.bring("estates", &house.file("e.csv", ESTATES), &["--report", "answers.pdf"]);
    assert!(!fine && told.contains(".csv or .xlsx"), "{told}");
}

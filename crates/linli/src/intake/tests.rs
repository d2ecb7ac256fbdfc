//! The administrator's page, through the real router.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, COOKIE};
use axum::http::{Request, StatusCode};
use linli_access::Ctx;
use linli_db::{Db, both_databases};
use linli_identity::model::{DoorRules, Token};
use linli_identity::passwords::Passwords;
use linli_kernel::{DistrictId, FakeClock, SeededRng, Ts};
use linli_sheet::{Export, ExportCell, ExportFormat, Hints, Lang, Limits, Origin, Source};
use linli_webkit::Proxy;
use tower::ServiceExt as _;

use super::upload::MOST;
use crate::cli::Profile;
use crate::house::{self, Plan};
use crate::play::browser::{Browser, Field};
use crate::play::ground;

struct Office {
    router: Router,
    session: Token,
    administrator: Browser,
}

const DIVISIONS: &str = "code,name\n3201,南京市\n320102,玄武区\n320102002,梅园新村街道\n320102002001,梅园新村社区居委会\n";

impl Office {
    async fn open(db: &Db) -> Self {
        let clock = FakeClock::at(Ts::from_local(jiff::civil::date(2026, 11, 24).at(9, 0, 0, 0)).unwrap());
        let rng = SeededRng::new(5);
        let ctx = Ctx::system("test", clock.clone(), rng.clone());
        let mut tx = db.begin(DistrictId::CITY).await.unwrap();
        linli_territory::commands::ensure_reference_data(&ctx, &mut tx).await.unwrap();
        tx.commit().await.unwrap();
        let built = house::build(Plan {
            db: db.clone(),
            clock,
            rng,
            key: [7; 32],
            profile: Profile::Both,
            base_url: "https://linli.example".into(),
            proxy: Proxy::None,
            tls: false,
            demo: false,
            limited: false,
            passwords: Passwords::new(1).unwrap(),
            door: DoorRules::default(),
            folder: std::env::temp_dir(),
            ops_token: None,
            hooks_inside: Vec::new(),
            witness: Arc::new(linli_record::Remembers::default()),
        })
        .unwrap();
        let session = ground::administrator(&ctx, db).await.unwrap();
        let administrator = Browser::signed_in(built.router.clone(), Token(session.0.clone()));
        Self { router: built.router, session, administrator }
    }

    /// Sends a file and gives the page of the import when it has ended, with its address.
    async fn take(&self, kind: &str, name: &str, bytes: &[u8], more: &[(&str, &str)]) -> anyhow::Result<(String, String)> {
        let mut fields =
            vec![Field::Text("kind", kind), Field::Text("district", "320102"), Field::File("file", name, "text/csv", bytes)];
        fields.extend(more.iter().map(|(name, value)| match *name {
            "mapping_file" => Field::File("mapping_file", "own.toml", "application/toml", value.as_bytes()),
            name => Field::Text(name, value),
        }));
        let run = self.administrator.post("/admin/import", &fields).await?;
        loop {
            let page = self.administrator.get(&format!("{run}?wait=1")).await?;
            if !page.contains("data-import=\"running\"") {
                return Ok((run, page));
            }
        }
    }

    async fn send(&self, length: Option<u64>, body: Body) -> (StatusCode, String) {
        let mut request = Request::post("/admin/import")
            .header(CONTENT_TYPE, "multipart/form-data; boundary=B")
            .header(COOKIE, format!("linli={}", self.session.0));
        if let Some(length) = length {
            request = request.header(CONTENT_LENGTH, length);
        }
        let answer = self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let status = answer.status();
        (status, String::from_utf8(to_bytes(answer.into_body(), 1 << 20).await.unwrap().to_vec()).unwrap())
    }
}

/// The figures of the page in their order: rows, new, changed, unchanged, doubtful, rejected.
fn figures(page: &str) -> Vec<u64> {
    let panel = page.split("<dl class=\"facts\">").nth(1).unwrap_or_else(|| panic!("no figures in {page}"));
    let panel = panel.split("</dl>").next().unwrap();
    panel.split("<dd class=\"num\">").skip(1).map(|n| n.split('<').next().unwrap().parse().unwrap()).collect()
}

fn workbook(header: &[&str], rows: &[&[&str]]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut export = Export::new(&mut out, ExportFormat::Xlsx, header, Lang::Zh).unwrap();
    for row in rows {
        export.row(&row.iter().map(|cell| ExportCell::Text(cell)).collect::<Vec<_>>()).unwrap();
    }
    export.finish().unwrap();
    out
}

both_databases! {
    async fn every_kind_goes_in_by_one_page_and_is_answered_in_a_workbook(db: Db) {
        let office = Office::open(&db).await;
        let (_, page) = office.take("divisions", "d.csv", DIVISIONS.as_bytes(), &[]).await.unwrap();
        assert_eq!(figures(&page), [4, 4, 0, 0, 0, 0], "{page}");
        let estates = workbook(&["id", "小区", "楼数"], &[&["T1", "=梧桐里", "2栋"], &["T2", "", "3栋"]]);
        let mapping = "kind = \"estates\"\n[columns]\nestate_code = \"id\"\nname = \"小区\"\nbuildings = { column = \"楼数\", unit = \"栋\" }\n";
        let place = ("community", "320102002001");
        let dry = office.take("estates", "e.xlsx", &estates, &[("mapping_file", mapping), place, ("dry_run", "1")]).await.unwrap();
        let (run, page) = office.take("estates", "e.xlsx", &estates, &[("mapping_file", mapping), place]).await.unwrap();
        assert_eq!((figures(&page), figures(&dry.1)), (vec![2, 1, 0, 0, 0, 1], vec![2, 1, 0, 0, 0, 1]), "{page}");
        assert!(page.contains("\">3</td>") && page.contains("必填"), "the rejected row has its line and reason: {page}");
        // The answers are a workbook that holds the rows as they stood.
        let request = Request::get(format!("{run}/report")).header(COOKIE, format!("linli={}", office.session.0)).body(Body::empty()).unwrap();
        let answer = office.router.clone().oneshot(request).await.unwrap();
        assert!(answer.headers()[CONTENT_TYPE].to_str().unwrap().contains("spreadsheetml"));
        let bytes = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        let answers = Source::open(&Origin::Bytes { name: "a.xlsx".into(), bytes: bytes.to_vec().into() }, &Hints::default(), &Limits::default()).unwrap();
        let rows: Vec<_> = answers.map(Result::unwrap).collect();
        assert_eq!((rows[0].get("小区"), rows[0].get("结果"), rows[1].get("行号"), rows[1].get("结果")), (Some("=梧桐里"), Some("已导入"), Some("3"), Some("未导入")));

        let homes = "estate_code,building,entrance,floor,room,area_m2\nT1,1栋,1单元,1,101,52.5\n";
        let people = r#"[{"person_code":"S1","name":"陈试","organisation_name":"试验物业"}]"#;
        let appointments = "person_code,organisation_name,role,place,from\nS1,试验物业,life_steward,T1,2020-01-01\n";
        let cases = "external_id,place,class,description,status,reported_at\nA-1,T1/1栋/1单元,stair_lamp,楼道灯不亮,handling,2026-11-20 08:00\n";
        let grids = "grid_code,name,community_code,covers\nG1,一网格,320102002001,T1\n";
        let institutions = "code,name,kind,unit_kind,unit_name,hours\nI-1,试验医院,hospital,fever_clinic,发热门诊,24小时\n";
        let outline = r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"code":"T1"},"geometry":{"type":"Polygon","coordinates":[[[118.79,32.03],[118.81,32.03],[118.81,32.05],[118.79,32.03]]]}}]}"#;
        let points = r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"component_id":"32010201037000001","place":"T1"},"geometry":{"type":"Point","coordinates":[118.80,32.04]}}]}"#;
        for (kind, name, text, more) in [
            ("homes", "h.csv", homes, [("system", "")]), ("grids", "g.csv", grids, [("system", "")]), ("people", "p.json", people, [("system", "")]),
            ("appointments", "a.csv", appointments, [("system", "")]), ("cases", "c.csv", cases, [("system", "12345")]),
            ("institutions", "i.csv", institutions, [("system", "")]),
            ("boundaries", "b.geojson", outline, [("crs", "wgs84")]), ("components", "k.geojson", points, [("crs", "gcj02")]),
        ] {
            let (_, page) = office.take(kind, name, text.as_bytes(), &more).await.unwrap();
            let told = figures(&page);
            assert_eq!((told[0], told[1] + told[4], told[5]), (1, 1, 0), "{kind}: {page}");
            let (_, page) = office.take(kind, name, text.as_bytes(), &more).await.unwrap();
            assert_eq!(figures(&page), [1, 0, 0, 1, 0, 0], "{kind} again: {page}");
        }
    }

    /// Who looks every minute for places without a board code waits for no transaction, and keeps nobody from his, when all have one.
    async fn no_transaction_begins_when_every_place_has_its_code(db: Db) {
        let office = Office::open(&db).await;
        office.take("divisions", "d.csv", DIVISIONS.as_bytes(), &[]).await.unwrap();
        let place = ("community", "320102002001");
        office.take("estates", "e.csv", "estate_code,name\nT1,梧桐里\n".as_bytes(), &[place]).await.unwrap();
        let ctx = Ctx::system("test", FakeClock::at(Ts(1_800_000_000_000_000)), SeededRng::new(6));
        let district = linli_territory::queries::districts(&mut db.read().await.unwrap().conn()).await.unwrap();
        let district = district.into_iter().find(|d| d.id != DistrictId::CITY).unwrap();
        let coded = async || {
            let mut read = db.read().await.unwrap();
            let c = &mut read.conn();
            let boards: i64 = linli_db::sql!(c, x => sqlx::query_scalar("SELECT COUNT(*) FROM board").fetch_one(x).await).unwrap();
            boards
        };
        crate::intake::ensure_board_codes(&ctx, &db, district.id, &district.path).await.unwrap();
        assert_eq!(coded().await, 1);
        // SQLite writes with one connection, and somebody has it. PostgreSQL has one for everybody: there nothing comes anew is all that is seen.
        let busy = db.begin(district.id).await.unwrap();
        let looked = crate::intake::ensure_board_codes(&ctx, &db, district.id, &district.path);
        tokio::time::timeout(std::time::Duration::from_secs(20), looked).await.expect("it begins a transaction").unwrap();
        drop(busy);
        assert_eq!(coded().await, 1);
    }

    async fn what_cannot_be_taken_is_said_and_nothing_is_written(db: Db) {
        let office = Office::open(&db).await;
        office.take("divisions", "d.csv", DIVISIONS.as_bytes(), &[]).await.unwrap();
        let before = linli_db::journal::last_seq(&mut db.read().await.unwrap().conn(), DistrictId::CITY).await.unwrap();
        let csv = b"estate_code,name\nT1,x\n";
        for (name, bytes, more, said) in [
            ("e.csv", &b"\x89PNG\r\n\x1a\n"[..], [("crs", "")], "不能导入这种文件（图片）"),
            ("e.xlsx", csv, [("crs", "")], "与其名称不符"),
            ("e.csv", b"\x1f\x8b\x08", [("crs", "")], "gzip 压缩包"),
            ("e.csv", b"a,b\n1,2\n", [("crs", "")], "columns.estate_code”有误：文件中没有“estate_code"),
            ("e.csv", b"estate_code,name,name\nT1,x,y\n", [("crs", "")], "有两列都叫“name”"),
            ("e.csv", csv, [("mapping_file", "kind = \"homes\"\n")], "kind"),
            ("e.csv", csv, [("mapping_file", "not toml")], "TOML"),
        ] {
            let (_, page) = office.take("estates", name, bytes, &more).await.unwrap();
            assert!(page.contains("data-import=\"failed\"") && page.contains(said), "{said}: {page}");
            assert!(page.contains("没有写入任何内容") && !page.contains("前面整批的行已经写入"), "{page}");
        }
        for (kind, bytes, more, said) in [
            ("estates", &b""[..], [("mapping", "")], "请选择一个文件"),
            ("castles", csv, [("mapping", "")], "请选择文件内容"),
            ("estates", csv, [("mapping", "nowhere")], "没有这份对照"),
        ] {
            let refused = office.take(kind, "e.csv", bytes, &more).await.unwrap_err().to_string();
            assert!(refused.contains("422") && refused.contains(said), "{said}: {refused}");
        }
        // Whose import it is: a stranger to the id finds nothing.
        let nobody = office.administrator.get("/admin/import/00000000-0000-0000-0000-000000000001").await.unwrap_err();
        assert!(nobody.to_string().contains("404"));
        let visitor = Browser::visitor(office.router.clone());
        assert!(visitor.get("/admin/import").await.is_err());
        assert_eq!(linli_db::journal::last_seq(&mut db.read().await.unwrap().conn(), DistrictId::CITY).await.unwrap(), before + 1, "only the district was opened");
    }
}

/// Two gigabytes, made on the way.
const HUGE: u64 = 2 << 30;
const PIECE: usize = 64 * 1024;

/// A body of so many bytes that counts what was taken of it.
fn flood(taken: &Arc<AtomicU64>) -> Body {
    let head = Bytes::from_static(b"--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"e.csv\"\r\n\r\n");
    let piece = Bytes::from(vec![b'x'; PIECE]);
    let taken = Arc::clone(taken);
    let pieces = futures_util::stream::unfold(0_u64, move |sent| {
        let next = if sent == 0 { head.clone() } else { piece.clone() };
        let taken = Arc::clone(&taken);
        async move {
            let sent = sent + u64::try_from(next.len()).unwrap();
            taken.store(sent, Ordering::Relaxed);
            (sent < HUGE).then_some((Ok::<_, std::io::Error>(next), sent))
        }
    });
    Body::from_stream(pieces)
}

/// In a process of its own: the memory of the other tests would count.
#[test]
fn two_gigabytes_are_refused_early_and_memory_stays_flat() {
    let alone = ["--exact", "intake::tests::two_gigabytes_alone", "--ignored"];
    let done = std::process::Command::new(std::env::current_exe().unwrap()).args(alone).output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(done.status.success() && said.contains("1 passed"), "{said}{}", String::from_utf8_lossy(&done.stderr));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run by the test above"]
async fn two_gigabytes_alone() {
    let test = linli_db::testing::TestDb::sqlite().await;
    let office = Office::open(&test.db).await;
    let before = peak_kilobytes();
    let taken = Arc::new(AtomicU64::new(0));
    let (status, page) = office.send(Some(HUGE), flood(&taken)).await;
    assert_eq!(
        (status, taken.load(Ordering::Relaxed)),
        (StatusCode::PAYLOAD_TOO_LARGE, 0),
        "refused before a byte of it was read"
    );
    assert!(page.contains("文件太大") && page.contains("linli import"), "{page}");
    let (status, page) = office.send(None, flood(&taken)).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(page.contains("linli import"), "{page}");
    let read = taken.load(Ordering::Relaxed);
    let most = u64::try_from(MOST).unwrap();
    assert!(read >= most / 2 && read < most + (4 << 20), "stopped at the limit, after {read} bytes");
    assert!(peak_kilobytes() < before + 64_000, "less than 64 MB more");
}

/// The most memory this process has had, in kilobytes (Linux).
fn peak_kilobytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap_or("0 kB");
    line.trim().trim_end_matches(" kB").parse().unwrap_or(0)
}

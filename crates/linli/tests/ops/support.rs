//! The program as a process, a small district in it, and somebody who asks it over the wire.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use linli_db::testing::TestDb;

const DIVISIONS: &str = "code,name\n3201,南京市\n320102,玄武区\n320102002,梅园新村街道\n320102002001,梅园新村社区居委会\n";
const ESTATES: &str = "estate_code,community_code,name,kind,year_built,area_m2,households,management,manager_name,manager_credit_code,managed_since,lon,lat,crs\nT1,320102002001,梧桐试验里,closed,1989,4000,24,entrusted,,,2020-07-01,,,\n";
const HOMES: &str = "estate_code,building,entrance,floor,room,area_m2\nT1,1栋,1单元,1,101,52.5\nT1,1栋,1单元,1,102,52.5\n";
const PEOPLE: &str = "person_code,name,organisation_kind,organisation_name,organisation_credit_code,work_phone\nS1,陈试,property_company,试验物业,,025-0000-0001\nS2,李试,property_company,试验物业,,025-0000-0002\n";
const APPOINTMENTS: &str = "person_code,organisation_name,role,title,place,grid_code,public_phone,from,to\nS1,试验物业,life_steward,,T1,,025-0000-0001,2020-01-01,\nS2,试验物业,property_desk,,T1,,025-0000-0002,2020-01-01,\n";

/// Where an installation is.
#[derive(Debug, Clone)]
pub struct At {
    pub folder: PathBuf,
    pub url: Option<String>,
}

/// The program, serving. Dropped, it is killed with -9.
pub struct Served {
    pub child: Child,
    pub address: String,
    /// What it said until it answered.
    pub said: Vec<String>,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl At {
    pub fn sqlite(folder: PathBuf) -> Self {
        Self { folder, url: None }
    }

    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_linli"));
        command.arg("--data").arg(&self.folder).env("LINLI_UNLIMITED", "1").env("PATH", path_with_postgres());
        if let Some(url) = &self.url {
            command.args(["--database-url", url]);
        }
        command
    }

    /// Runs a command to its end; one that does not come to it is killed after a minute.
    pub fn run(&self, args: &[&str]) -> Output {
        let mut child = self.command().args(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let begun = Instant::now();
        while child.try_wait().unwrap().is_none() {
            if begun.elapsed() > Duration::from_secs(60) {
                kill(&mut child);
                panic!("{args:?} did not end: {}", text(&child.wait_with_output().unwrap().stdout));
            }
            breathe();
        }
        child.wait_with_output().unwrap()
    }

    /// Runs a command that must succeed; gives what it said.
    pub fn done(&self, args: &[&str]) -> String {
        let done = self.run(args);
        assert!(done.status.success(), "{args:?}: {}{}", text(&done.stdout), text(&done.stderr));
        text(&done.stdout)
    }

    /// Runs a command that must be refused; gives why.
    pub fn refused(&self, args: &[&str]) -> String {
        let done = self.run(args);
        assert!(!done.status.success(), "{args:?} was not refused: {}", text(&done.stdout));
        format!("{}{}", text(&done.stdout), text(&done.stderr))
    }

    pub fn serve(&self) -> Served {
        self.serve_with(&["--listen", "127.0.0.1:0"])
    }

    pub fn serve_with(&self, args: &[&str]) -> Served {
        self.serve_by(self.command(), args)
    }

    pub fn serve_by(&self, mut command: Command, args: &[&str]) -> Served {
        command.arg("serve").args(args).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut served = Served { child: command.spawn().unwrap(), address: String::new(), said: Vec::new() };
        for line in BufReader::new(served.child.stdout.take().unwrap()).lines().map_while(Result::ok) {
            if let Some((_, address)) = line.strip_prefix("Linli answers at ").and_then(|url| url.split_once("://")) {
                served.address = address.to_owned();
                return served;
            }
            served.said.push(line);
        }
        panic!("it did not come to serving: {:?}", served.said);
    }

    /// Brings a district with one entrance, a steward and a duty desk in.
    pub fn district(&self) {
        for (kind, rows) in
            [("divisions", DIVISIONS), ("estates", ESTATES), ("homes", HOMES), ("people", PEOPLE), ("appointments", APPOINTMENTS)]
        {
            let file = self.folder.with_extension(format!("{kind}.csv"));
            std::fs::write(&file, rows).unwrap();
            let file = file.to_string_lossy();
            let mut args = vec!["import", kind, &file];
            if kind == "estates" {
                args.extend(["--district", "320102"]);
            }
            self.done(&args);
        }
    }

    pub fn check(&self) {
        assert_eq!(self.done(&["check"]).trim(), "clean");
    }
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// PATH, and behind it where Debian keeps the client programs of PostgreSQL.
fn path_with_postgres() -> OsString {
    let mut path = std::env::var_os("PATH").unwrap_or_default();
    if let Some(bin) = postgres_programs() {
        path.push(":");
        path.push(bin);
    }
    path
}

/// The newest folder with the programs of a PostgreSQL server.
pub fn postgres_programs() -> Option<PathBuf> {
    let mut found: Vec<PathBuf> =
        std::fs::read_dir("/usr/lib/postgresql").ok()?.filter_map(|e| Some(e.ok()?.path().join("bin"))).collect();
    found.retain(|bin| bin.join("initdb").exists());
    found.sort();
    found.pop()
}

/// A PostgreSQL database with the tables in it; `None` when no server is named.
pub fn postgres() -> Option<TestDb> {
    let test = block(TestDb::postgres());
    if test.is_none() {
        eprintln!("skipped: LINLI_TEST_PG names no PostgreSQL server");
    }
    test
}

/// The URL of an empty database on the test server.
pub fn empty_postgres() -> String {
    use linli_db::sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
    let base = std::env::var("LINLI_TEST_PG").unwrap();
    let name = format!("linli_empty_{}", uuid::Uuid::from_u128(random()).simple());
    block(async {
        let mut admin = PgConnection::connect(&base).await.unwrap();
        admin.execute(AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.unwrap();
    });
    let (root, _) = base.rsplit_once('/').unwrap();
    format!("{root}/{name}")
}

pub fn random() -> u128 {
    let mut bytes = [0; 16];
    std::fs::File::open("/dev/urandom").unwrap().read_exact(&mut bytes).unwrap();
    u128::from_le_bytes(bytes)
}

pub fn block<F: Future>(future: F) -> F::Output {
    tokio::runtime::Runtime::new().unwrap().block_on(future)
}

/// Asks again until there is an answer; a minute at most.
pub fn wait_for<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{what}: nothing came in a minute");
        breathe();
    }
}

/// Between two looks.
fn breathe() {
    std::thread::park_timeout(Duration::from_millis(10));
}

/// An answer over the wire.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> String {
        text(&self.body)
    }

    pub fn header(&self, name: &str) -> Option<String> {
        let line = self.head.lines().find(|line| line.to_lowercase().starts_with(&format!("{name}:")))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    pub fn read(raw: &[u8]) -> Option<Self> {
        let end = raw.windows(4).position(|four| four == b"\r\n\r\n")?;
        let head = text(&raw[..end]);
        let status = head.get(9..12)?.parse().ok()?;
        Some(Self { status, head, body: raw[end + 4..].to_vec() })
    }
}

/// One request over a connection of its own; `None` when the other side went away.
pub fn try_ask(address: &str, head: &str, body: &[u8]) -> Option<Answer> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(60))).ok()?;
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(body).ok()?;
    let mut raw = Vec::new();
    stream.read_to_end(&mut raw).ok()?;
    Answer::read(&raw)
}

fn head(method: &str, address: &str, path: &str, more: &str, length: usize) -> String {
    format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nAccept-Language: zh-CN\r\nContent-Length: {length}\r\n{more}\r\n"
    )
}

pub fn get(address: &str, path: &str) -> Answer {
    get_with(address, path, "")
}

pub fn get_with(address: &str, path: &str, more: &str) -> Answer {
    try_ask(address, &head("GET", address, path, more, 0), b"").expect("an answer")
}

pub fn try_post(address: &str, path: &str, more: &str, body: &[u8]) -> Option<Answer> {
    try_ask(address, &head("POST", address, path, more, body.len()), body)
}

pub fn form(address: &str, path: &str, more: &str, body: &str) -> Answer {
    let more = format!("Content-Type: application/x-www-form-urlencoded\r\n{more}");
    try_post(address, path, &more, body.as_bytes()).expect("an answer")
}

/// Reports by the interface for programs; `None` when the program went away meanwhile.
pub fn try_report(address: &str, door: &str, words: &str, key: &str) -> Option<Answer> {
    let body = serde_json::json!({ "board": door, "description": words, "phone": "13900000000" }).to_string();
    // A visitor's key has 22 characters at least.
    let more = format!("Content-Type: application/json\r\nIdempotency-Key: key-of-a-test-of-operation-{key}\r\n");
    try_post(address, "/api/v1/cases", &more, body.as_bytes())
}

/// The private link in an answer to a report.
pub fn link_of(answer: &Answer) -> String {
    answer.json()["link"].as_str().unwrap_or_default().rsplit('/').next().unwrap_or_default().to_owned()
}

/// Reports with a photo, as a browser does; gives the private link.
pub fn report_with_photo(address: &str, door: &str, words: &str, photo: &[u8]) -> Option<String> {
    let mut body = Vec::new();
    for (name, value) in [("at", door), ("what", words), ("phone", "13900000000")] {
        body.extend(format!("--b0\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").into_bytes());
    }
    body.extend(b"--b0\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n");
    body.extend_from_slice(photo);
    body.extend(b"\r\n--b0--\r\n");
    let answer = try_post(address, "/report", "Content-Type: multipart/form-data; boundary=b0\r\n", &body)?;
    assert_eq!(answer.status, 303, "{}", answer.text());
    let to = answer.header("location").unwrap();
    Some(to.trim_start_matches("/r/").split('?').next().unwrap().to_owned())
}

/// A picture that is like no other with another number.
pub fn picture(n: u32) -> Vec<u8> {
    let picture = image::RgbImage::from_fn(64, 48, |x, y| {
        let mixed = x.wrapping_mul(2_654_435_761).wrapping_add(y.wrapping_mul(40_503)).wrapping_add(n.wrapping_mul(97));
        image::Rgb([(mixed >> 8) as u8, (mixed >> 3) as u8, n as u8])
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// The code of the board at the only entrance: a job gives it within its first run, the front door finds it by name.
pub fn door(address: &str) -> String {
    wait_for("the board of the entrance", || {
        // 梧桐试验里
        let found = get(address, "/find?name=%E6%A2%A7%E6%A1%90%E8%AF%95%E9%AA%8C%E9%87%8C").text();
        let estate = found.split("/find?estate=").nth(1)?.split(['"', '&', '<']).next()?.to_owned();
        let doors = get(address, &format!("/find?estate={estate}")).text();
        let codes: Vec<&str> = doors.split("href=\"/b/").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        codes.iter().find(|code| **code != estate).map(|code| (*code).to_owned())
    })
}

/// Runs a body on SQLite and on PostgreSQL, as two tests.
#[macro_export]
macro_rules! both_engines {
    ($( fn $name:ident($at:ident) $body:block )+) => { $(
        mod $name {
            use super::*;
            fn body($at: &At) $body

            #[test]
            fn sqlite() {
                let folder = tempfile::tempdir().unwrap();
                body(&At::sqlite(folder.path().join("data")));
            }

            #[test]
            fn postgres() {
                let Some(test) = $crate::support::postgres() else { return };
                let folder = tempfile::tempdir().unwrap();
                body(&At { folder: folder.path().join("data"), url: test.config.url.clone() });
            }
        }
    )+ };
}

pub fn kill(child: &mut Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

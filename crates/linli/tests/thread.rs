//! The first thread, as a process: a district is brought in, a resident reports at a board, the program is killed with -9,
//! and everything that was answered is there afterwards; the reporter confirms; the check is clean. On SQLite and PostgreSQL.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test that cannot go on should stop"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

const DIVISIONS: &str = "code,name\n3201,南京市\n320102,玄武区\n320102002,梅园新村街道\n320102002001,梅园新村社区居委会\n";
const ESTATES: &str = "estate_code,community_code,name,kind,year_built,area_m2,households,management,manager_name,manager_credit_code,managed_since,lon,lat,crs\nT1,320102002001,梧桐试验里,closed,1989,4000,24,entrusted,,,2020-07-01,,,\n";
const HOMES: &str = "estate_code,building,entrance,floor,room,area_m2\nT1,1栋,1单元,1,101,52.5\nT1,1栋,1单元,1,102,52.5\n";
const PEOPLE: &str = "person_code,name,organisation_kind,organisation_name,organisation_credit_code,work_phone\nS1,陈试,property_company,试验物业,,025-0000-0001\n";
const APPOINTMENTS: &str = "person_code,organisation_name,role,title,place,grid_code,public_phone,from,to\nS1,试验物业,life_steward,,T1,,025-0000-0001,2020-01-01,\n";

struct Served {
    child: Child,
    address: String,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn linli(folder: &Path, url: Option<&str>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_linli"));
    command.arg("--data").arg(folder).env("LINLI_UNLIMITED", "1").stderr(Stdio::inherit());
    if let Some(url) = url {
        command.args(["--database-url", url]);
    }
    command
}

fn serve(folder: &Path, url: Option<&str>) -> Served {
    let mut child = linli(folder, url).args(["serve", "--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let address = lines.map_while(Result::ok).find_map(|line| line.strip_prefix("Linli answers at http://").map(str::to_owned));
    Served { child, address: address.expect("the server says where it answers") }
}

/// One request; gives the status and the whole answer.
fn ask(address: &str, request: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let text = String::from_utf8_lossy(&answer).into_owned();
    (text[9..12].parse().unwrap(), text)
}

fn get(address: &str, path: &str) -> (u16, String) {
    ask(address, &format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nAccept-Language: zh-CN\r\n\r\n"))
}

fn post(address: &str, path: &str, kind: &str, body: &str) -> (u16, String) {
    let length = body.len();
    ask(
        address,
        &format!(
            "POST {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n{body}"
        ),
    )
}

fn bring_in(folder: &Path, url: Option<&str>, kind: &str, text: &str) {
    let file = folder.with_extension(format!("{kind}.csv"));
    std::fs::write(&file, text).unwrap();
    let mut command = linli(folder, url);
    command.args(["import", kind]).arg(&file);
    if kind == "estates" {
        command.args(["--district", "320102"]);
    }
    let done = command.output().unwrap();
    assert!(done.status.success(), "{kind}: {}", String::from_utf8_lossy(&done.stdout));
    let again = command.output().unwrap();
    let said = String::from_utf8_lossy(&again.stdout).into_owned();
    assert!(again.status.success() && said.contains("0 new, 0 changed"), "{kind} again: {said}");
}

fn thread(folder: &Path, url: Option<&str>) {
    for (kind, text) in
        [("divisions", DIVISIONS), ("estates", ESTATES), ("homes", HOMES), ("people", PEOPLE), ("appointments", APPOINTMENTS)]
    {
        bring_in(folder, url, kind, text);
    }
    let served = serve(folder, url);
    // The job gives every entrance its code within its first run; the front door finds the board by the name of the estate.
    let door = wait_for(|| {
        // 梧桐试验里
        let (_, found) = get(&served.address, "/find?name=%E6%A2%A7%E6%A1%90%E8%AF%95%E9%AA%8C%E9%87%8C");
        let estate = found.split("/find?estate=").nth(1)?.split(['"', '&', '<']).next()?.to_owned();
        let (_, doors) = get(&served.address, &format!("/find?estate={estate}"));
        let codes: Vec<&str> = doors.split("href=\"/b/").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        codes.iter().find(|code| **code != estate).map(|code| (*code).to_owned())
    });
    let (status, board) = get(&served.address, &format!("/b/{door}"));
    assert_eq!(status, 200, "{board}");
    assert!(board.contains("陈试") && board.contains("025-0000-0001"), "the board names who answers: {board}");

    let mut links = Vec::new();
    for n in 0..20 {
        let body = format!("{{\"board\":\"{door}\",\"description\":\"楼道灯不亮 {n}\",\"class\":null}}");
        let (status, answer) = post(&served.address, "/api/v1/cases", "application/json", &body);
        assert_eq!(status, 201, "{answer}");
        let link = answer.split("/r/").nth(1).expect("a private link").split(['"', '?']).next().unwrap().to_owned();
        links.push(link);
    }
    drop(served); // kill -9

    let served = serve(folder, url);
    for link in &links {
        let (status, page) = get(&served.address, &format!("/r/{link}"));
        assert_eq!(status, 200, "an answered report is gone: {page}");
        assert!(page.contains("楼道灯不亮"));
    }
    let (status, _) = get(&served.address, "/r/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    assert_eq!(status, 404, "a guessed link shows nothing");
    let (status, _) = get(&served.address, "/desk");
    assert_ne!(status, 200, "the desk is not for visitors");
    drop(served);

    let checked = linli(folder, url).arg("check").output().unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
}

/// Asks again until there is an answer; a minute at most.
fn wait_for<T>(mut ask: impl FnMut() -> Option<T>) -> T {
    for _ in 0..600 {
        if let Some(answer) = ask() {
            return answer;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("nothing came in a minute");
}

#[test]
fn the_thread_survives_kill_nine_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    thread(&folder.path().join("data"), None);
}

#[test]
fn the_thread_survives_kill_nine_on_postgres() {
    let Some(test) = tokio::runtime::Runtime::new().unwrap().block_on(linli_db::testing::TestDb::postgres()) else {
        eprintln!("skipped: LINLI_TEST_PG names no PostgreSQL server");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    thread(&folder.path().join("data"), test.config.url.as_deref());
}

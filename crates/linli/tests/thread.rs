//! The thread, as a process over the wire, on SQLite and on PostgreSQL: a resident reports with a photo, the line the steward listens
//! on tells of it, the steward takes and finishes it, the reporter says no and later yes, the board shows it. After every step that
//! must last the program is killed with -9 and started again: what was answered is there, and the check is clean.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test that cannot go on should stop"
)]

#[expect(dead_code, reason = "the tests of the operator use all of it")]
#[path = "ops/support.rs"]
mod support;

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::Value;
use support::{
    Answer, At, Served, door, form, get, get_with, link_of, picture, report_with_photo, try_post, try_report, wait_for,
};

const PASSWORD: &str = "Correct-Horse-9-Battery";
/// The steward answers at the duty desk as well, so after the password there is a post to choose.
const SECOND_POST: &str = "person_code,organisation_name,role,title,place,grid_code,public_phone,from,to\nS1,试验物业,property_desk,,T1,,025-0000-0001,2020-01-01,\n";
/// How long a line may stay silent.
const PATIENCE: Duration = Duration::from_secs(60);

/// Somebody of the staff with a session.
struct Steward {
    cookie: String,
}

impl Steward {
    /// From the link of the command line to the post that is acted under, as a browser goes.
    fn sign_in(at: &At, address: &str) -> Self {
        let link = at.done(&["user", "add", "chen", "--person", "S1"]);
        assert!(link.trim().starts_with("/activate/"), "{link}");
        assert_eq!(form(address, link.trim(), "", &format!("password={PASSWORD}")).status, 303);
        let signed = form(address, "/login", "", &format!("login=chen&password={PASSWORD}&next=/my-day"));
        let to = signed.header("location").unwrap_or_default();
        assert!(signed.status == 303 && to.starts_with("/choose-role"), "{} {to}", signed.status);
        let cookie = signed.header("set-cookie").expect("a session").split(';').next().unwrap().to_owned();
        let steward = Self { cookie: format!("Cookie: {cookie}\r\n") };
        assert_eq!(steward.get(address, "/my-day").status, 403, "no post is chosen yet");
        let went = get_with(address, "/my-day?x=1", &format!("Sec-Fetch-Mode: navigate\r\n{}", steward.cookie));
        let led = (went.status, went.header("location"));
        assert_eq!(led, (303, Some("/choose-role?next=%2Fmy-day%3Fx%3D1".to_owned())), "a browser is led to choose, and back");
        let posts = steward.get(address, &to).text();
        let post = posts.split("<form").find(|post| post.contains("生活管家")).expect("the post as a steward");
        let post = post.split("name=\"appointment\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        let chosen = steward.post(address, "/choose-role", &format!("appointment={post}&next=/my-day"));
        assert_eq!((chosen.status, chosen.header("location").as_deref()), (303, Some("/my-day")));
        assert_eq!(steward.get(address, "/my-day").status, 200, "the chosen post counts at once");
        steward
    }

    fn get(&self, address: &str, path: &str) -> Answer {
        get_with(address, path, &self.cookie)
    }

    fn post(&self, address: &str, path: &str, body: &str) -> Answer {
        form(address, path, &self.cookie, body)
    }

    fn case(&self, address: &str, id: &str) -> Value {
        let answer = self.get(address, &format!("/api/v1/cases/{id}"));
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }

    fn take(&self, address: &str, id: &str) {
        let taken = self.post(address, &format!("/cases/{id}/take"), "back=day");
        assert_eq!((taken.status, taken.header("location").as_deref()), (303, Some("/my-day")), "{}", taken.text());
    }

    fn finish(&self, address: &str, id: &str, photo: &[u8]) {
        let mut body = "--b0\r\nContent-Disposition: form-data; name=\"done\"\r\n\r\n换了灯泡\r\n".as_bytes().to_vec();
        body.extend(
            b"--b0\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n",
        );
        body.extend(photo);
        body.extend(b"\r\n--b0--\r\n");
        let more = format!("Content-Type: multipart/form-data; boundary=b0\r\n{}", self.cookie);
        let finished = try_post(address, &format!("/cases/{id}/finish"), &more, &body).expect("an answer");
        assert_eq!(finished.status, 303, "{}", finished.text());
    }

    /// Listens to what happens, from now or from after the event with this number.
    fn listen(&self, address: &str, after: Option<&str>) -> Line {
        let mut stream = TcpStream::connect(address).unwrap();
        let after = after.map(|seq| format!("Last-Event-ID: {seq}\r\n")).unwrap_or_default();
        // With HTTP/1.0 the events come as they are, not in chunks.
        write!(stream, "GET /cases/live HTTP/1.0\r\nHost: {address}\r\nAccept: text/event-stream\r\n{after}{}\r\n", self.cookie)
            .unwrap();
        let mut line = Line { reader: BufReader::new(stream) };
        let head = line.block(Instant::now() + PATIENCE).join("\n");
        assert!(head.contains(" 200 ") && head.to_lowercase().contains("content-type: text/event-stream"), "{head}");
        line
    }
}

/// An open line of server-sent events.
struct Line {
    reader: BufReader<TcpStream>,
}

/// One of them.
struct Told {
    event: String,
    seq: String,
    data: Value,
}

impl Line {
    /// The lines up to the next empty one.
    fn block(&mut self, until: Instant) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            let left = until.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "the line stayed silent; last: {lines:?}");
            self.reader.get_ref().set_read_timeout(Some(left)).unwrap();
            let mut line = String::new();
            let read = self
                .reader
                .read_line(&mut line)
                .unwrap_or_else(|error| panic!("the line stayed silent ({error}); last: {lines:?}"));
            assert_ne!(read, 0, "the line was closed; last: {lines:?}");
            match line.trim_end() {
                "" => return lines,
                line => lines.push(line.to_owned()),
            }
        }
    }

    /// The next event that fits; others are passed over.
    fn hear(&mut self, fits: impl Fn(&Told) -> bool) -> Told {
        let until = Instant::now() + PATIENCE;
        loop {
            let block = self.block(until);
            let field = |name: &str| {
                let value = block.iter().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
                value.unwrap_or_default().trim().to_owned()
            };
            let told =
                Told { event: field("event"), seq: field("id"), data: serde_json::from_str(&field("data")).unwrap_or_default() };
            if fits(&told) {
                return told;
            }
        }
    }

    fn hear_of(&mut self, kind: &str) -> Told {
        self.hear(|told| told.event == "live" && told.data["kind"] == kind)
    }
}

/// A section of the board by its id; empty when it is not on it.
fn section(address: &str, door: &str, id: &str) -> String {
    let board = get(address, &format!("/b/{door}"));
    assert_eq!(board.status, 200, "{}", board.text());
    let text = board.text();
    let from = text.split_once(&format!("id=\"{id}\"")).map(|(_, from)| from.to_owned()).unwrap_or_default();
    from.split("</section>").next().unwrap_or_default().to_owned()
}

/// Waits until a section of the board shows the case with these words.
fn board_shows(address: &str, door: &str, id: &str, (number, words): (&str, &str)) {
    wait_for(&format!("{number} under {id} with {words}"), || {
        let section = section(address, door, id);
        section.split("<li").any(|row| row.contains(number) && row.contains(words)).then_some(())
    });
}

/// A photo by the private link, with the size that was sent.
fn photo(address: &str, link: &str, position: u32) -> Vec<u8> {
    let href = format!("/r/{link}/photo/{position}");
    let page = get(address, &format!("/r/{link}")).text();
    assert!(page.contains(&href), "{href} is not in {page}");
    let answer = get(address, &href);
    assert_eq!((answer.status, answer.header("content-type").as_deref()), (200, Some("image/jpeg")));
    let seen = image::load_from_memory(&answer.body).expect("a photo");
    assert_eq!((seen.width(), seen.height()), (64, 48));
    answer.body
}

fn page_says(address: &str, link: &str, words: &str) {
    let page = get(address, &format!("/r/{link}"));
    assert!(page.status == 200 && page.text().contains(words), "{words} is not in {}", page.text());
}

/// Brings the district in; a second time every file changes nothing.
fn bring_in(at: &At) {
    at.district();
    std::fs::write(at.folder.with_extension("second.csv"), SECOND_POST).unwrap();
    let file = |name: &str| at.folder.with_extension(format!("{name}.csv")).to_str().unwrap().to_owned();
    at.done(&["import", "appointments", &file("second")]);
    for (kind, name) in [
        ("divisions", "divisions"),
        ("estates", "estates"),
        ("homes", "homes"),
        ("people", "people"),
        ("appointments", "appointments"),
        ("appointments", "second"),
    ] {
        let file = file(name);
        let mut args = vec!["import", kind, &file];
        if kind == "estates" {
            args.extend(["--district", "320102"]);
        }
        let said = at.done(&args);
        assert!(said.contains("新增 0，更新 0"), "{name} again: {said}");
    }
}

/// kill -9, and started again.
fn again(at: &At, served: Served) -> Served {
    drop(served);
    at.serve()
}

both_engines! {
    fn the_thread_survives_kill_nine(at) {
        bring_in(at);
        let mut served = at.serve();
        let door = door(&served.address);
        let board = get(&served.address, &format!("/b/{door}")).text();
        assert!(board.contains("陈试") && board.contains("025-0000-0001"), "the board names who answers: {board}");
        assert_eq!(get(&served.address, "/cases/live").status, 401, "the line is not for visitors");
        let steward = Steward::sign_in(at, &served.address);

        // The steward listens, a resident reports, the line tells of it, the board shows it.
        let mut line = steward.listen(&served.address, None);
        line.hear(|told| told.event == "open");
        let link = report_with_photo(&served.address, &door, "三楼楼道灯不亮", &picture(1)).expect("an answer");
        let reported = line.hear_of("cases.reported");
        let id = reported.data["id"].as_str().unwrap();
        let case = steward.case(&served.address, id);
        let number = case["number"].as_str().unwrap();
        assert_eq!((&case["state"], &case["description"]), (&"reported".into(), &"三楼楼道灯不亮".into()));
        let day = steward.get(&served.address, "/my-day").text();
        assert!(day.contains(&format!("/cases/{id}")), "what was reported is not in the day of the steward: {day}");
        board_shows(&served.address, &door, "working", (number, "已收到"));

        // Taken: heard by who listens, and after the kill by who comes back to where the line broke.
        steward.take(&served.address, id);
        assert_eq!(line.hear_of("cases.taken").data["id"], id);
        served = again(at, served);
        assert_eq!(steward.case(&served.address, id)["state"], "handling", "an answered take is gone");
        let mut line = steward.listen(&served.address, Some(&reported.seq));
        assert_eq!(line.hear(|told| told.event != "open").data["kind"], "cases.taken", "the first that was missed");
        page_says(&served.address, &link, "已接单，开始处理");
        board_shows(&served.address, &door, "working", (number, "正在处理"));

        // Finished with a photo.
        steward.finish(&served.address, id, &picture(2));
        assert_eq!(line.hear_of("cases.finished").data["id"], id);
        served = again(at, served);
        assert_eq!(steward.case(&served.address, id)["state"], "awaiting_confirmation", "an answered finish is gone");
        let (before, after) = (photo(&served.address, &link, 1), photo(&served.address, &link, 2));
        assert_ne!(before, after, "the photo of the report is shown as that of the work");
        page_says(&served.address, &link, "真的修好了吗？");
        board_shows(&served.address, &door, "working", (number, "已处理，等报事人确认"));

        // Not fixed, says the reporter; done again; now it is.
        let mut line = steward.listen(&served.address, None);
        line.hear(|told| told.event == "open");
        let no = form(&served.address, &format!("/r/{link}/not-fixed"), "", "words=%E8%BF%98%E6%98%AF%E4%B8%8D%E4%BA%AE");
        assert_eq!(no.status, 303, "{}", no.text());
        assert_eq!(line.hear_of("cases.reopened").data["id"], id);
        assert_eq!(steward.case(&served.address, id)["state"], "reopened");
        steward.take(&served.address, id);
        steward.finish(&served.address, id, &picture(3));
        assert!(!section(&served.address, &door, "solved").contains(number), "solved before the reporter said so");
        let yes = form(&served.address, &format!("/r/{link}/confirm"), "", "");
        assert_eq!(yes.status, 303, "{}", yes.text());
        assert_eq!(line.hear_of("cases.confirmed").data["id"], id);
        // Others report meanwhile.
        let links: Vec<String> = (0..20)
            .map(|n| {
                let answer = try_report(&served.address, &door, &format!("楼道灯不亮 {n}"), &format!("report-{n:04}")).unwrap();
                assert_eq!(answer.status, 201, "{}", answer.text());
                link_of(&answer)
            })
            .collect();
        served = again(at, served);
        let closed = steward.case(&served.address, id);
        assert_eq!((&closed["state"], &closed["reopened_count"]), (&"closed".into(), &1.into()), "an answered confirmation is gone");
        let happened = closed["timeline"].as_array().unwrap().iter().filter_map(|step| step["kind"].as_str());
        // Whether the promise moves when the work begins anew depends on the hour.
        let happened: Vec<&str> = happened.filter(|kind| *kind != "cases.deadline_moved").collect();
        let expected = ["reported", "taken", "finished", "reopened", "taken", "finished", "confirmed"];
        assert_eq!(happened, expected.map(|step| format!("cases.{step}")));
        page_says(&served.address, &link, "已办结");
        assert_eq!((photo(&served.address, &link, 1), photo(&served.address, &link, 2)), (before, after.clone()));
        assert_ne!(photo(&served.address, &link, 3), after);
        board_shows(&served.address, &door, "solved", (number, "已办结"));
        assert!(!section(&served.address, &door, "working").contains(number), "solved, and still being worked on");
        for link in &links {
            page_says(&served.address, link, "楼道灯不亮");
        }
        assert_eq!(get(&served.address, &format!("/r/{}", "A".repeat(43))).status, 404, "a guessed link shows nothing");
        assert_ne!(get(&served.address, "/desk").status, 200, "the desk is not for visitors");
        drop(served);
        at.check();
    }
}

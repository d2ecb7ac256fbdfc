//! What is written is what the grammar asks for, and what others read.

use proptest::prelude::*;

use super::*;

fn at(day: i8, hour: i8) -> Ts {
    Ts::from_local(jiff::civil::date(2026, 11, day).at(hour, 30, 0, 0)).unwrap()
}

fn event() -> Event {
    Event {
        uid: "0194f0aa-0000-7000-8000-000000000001".to_owned(),
        sequence: 2,
        starts: at(28, 19),
        ends: at(28, 21),
        created: at(24, 9),
        changed: at(25, 9),
        stamp: at(25, 9),
        summary: "联席会议：锁金村社区十一月联席会议，商量楼道堆物、加装电梯、非机动车充电三件事".to_owned(),
        location: "社区会议室;二楼, 左手\\第一间".to_owned(),
        description: "一、楼道堆物\n二、加装电梯".to_owned(),
        url: "https://linli.example/council/1/0194f0aa-0000-7000-8000-000000000001".to_owned(),
        organiser: "锁金村社区\"大党委\"".to_owned(),
        cancelled: false,
    }
}

/// Folds taken back, as any reader does.
fn unfolded(text: &str) -> Vec<String> {
    text.replace("\r\n ", "").split("\r\n").map(str::to_owned).collect()
}

#[test]
fn an_event_is_what_the_standard_asks_for() {
    let text = write(&Calendar { name: "锁金村社区", method: None }, &[event()]);
    let lines = unfolded(&text);
    for line in [
        "UID:0194f0aa-0000-7000-8000-000000000001",
        "DTSTAMP:20261125T013000Z",
        "SEQUENCE:2",
        "DTSTART;TZID=Asia/Shanghai:20261128T193000",
        "DTEND;TZID=Asia/Shanghai:20261128T213000",
        "STATUS:CONFIRMED",
        "LOCATION:社区会议室\\;二楼\\, 左手\\\\第一间",
        "DESCRIPTION:一、楼道堆物\\n二、加装电梯",
        "ORGANIZER;CN=\"锁金村社区^'大党委^'\":https://linli.example/council/1/0194f0aa-0000-7000-8000-000000000001",
    ] {
        assert!(lines.iter().any(|one| one == line), "{line} in {text}");
    }
    assert!(text.starts_with("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n") && text.ends_with("END:VCALENDAR\r\n"));
    assert!(text.split("\r\n").all(|line| line.len() <= 75), "{text}");
    assert!(text.contains("\r\n "), "a long Chinese line is folded");
}

#[test]
fn what_is_cancelled_says_so_and_an_empty_calendar_is_one() {
    let cancelled = Event { cancelled: true, sequence: 3, ..event() };
    let text = write(&Calendar { name: "", method: Some("CANCEL") }, &[cancelled]);
    assert!(text.contains("METHOD:CANCEL\r\n") && text.contains("STATUS:CANCELLED\r\n") && text.contains("SEQUENCE:3\r\n"));
    let empty = write(&Calendar { name: "空", method: None }, &[]);
    assert!(empty.contains("BEGIN:VTIMEZONE") && !empty.contains("VEVENT") && !empty.contains("METHOD"));
}

/// What others wrote for any calendar: PyPI `icalendar` (`LINLI_TEST_ICAL` names a Python that has it).
#[test]
fn the_python_reader_reads_what_was_written() {
    const PROGRAM: &str = "import sys, icalendar\n\
        c = icalendar.Calendar.from_ical(sys.stdin.buffer.read())\n\
        for e in c.walk('VEVENT'):\n\
        \x20   assert not e.errors, e.errors\n\
        \x20   d = lambda key: e.decoded(key)\n\
        \x20   print('|'.join([str(e['UID']), str(e['SEQUENCE']), str(e['STATUS']), d('DTSTART').isoformat(), d('DTEND').isoformat(), \
        d('DTSTAMP').isoformat(), str(e['SUMMARY']), str(e['LOCATION']), str(e['DESCRIPTION']).replace(chr(10), '/')]))\n";
    let Some(python) = std::env::var_os("LINLI_TEST_ICAL") else {
        eprintln!("not done: LINLI_TEST_ICAL does not name a Python that has `icalendar`");
        return;
    };
    let cancelled = Event { cancelled: true, sequence: 3, ..event() };
    let text = write(&Calendar { name: "锁金村社区", method: None }, &[event(), cancelled]);
    let folder = std::env::temp_dir().join(format!("linli-ical-{}", std::process::id()));
    std::fs::write(&folder, &text).unwrap();
    let ran = std::process::Command::new(python)
        .args(["-c", PROGRAM])
        .env("PYTHONIOENCODING", "utf-8")
        .stdin(std::fs::File::open(&folder).unwrap())
        .output()
        .unwrap();
    std::fs::remove_file(&folder).unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let said = String::from_utf8(ran.stdout).unwrap();
    let one = event();
    let line = |sequence, status| {
        format!(
            "{}|{sequence}|{status}|2026-11-28T19:30:00+08:00|2026-11-28T21:30:00+08:00|2026-11-25T01:30:00+00:00|{}|{}|{}",
            one.uid,
            one.summary,
            one.location,
            one.description.replace('\n', "/")
        )
    };
    assert_eq!(said.lines().collect::<Vec<_>>(), [line(2, "CONFIRMED"), line(3, "CANCELLED")]);
}

proptest! {
    /// Whatever is written into an event, no line is too long, no character is cut, nothing breaks out of its line, and the words come back.
    #[test]
    fn any_text_comes_back(text in "[\\PC\\n\\\\;,\"漢字🏠a ]{0,200}") {
        let mut one = event();
        one.summary.clone_from(&text);
        one.description.clone_from(&text);
        one.organiser.clone_from(&text);
        let written = write(&Calendar { name: &text, method: None }, &[one]);
        for line in written.strip_suffix("\r\n").unwrap().split("\r\n") {
            prop_assert!(line.len() <= 75 && !line.is_empty(), "{:?}", line);
            prop_assert!(!line.contains(['\n', '\r']));
        }
        let lines = unfolded(&written);
        let summary = lines.iter().find_map(|line| line.strip_prefix("SUMMARY:")).unwrap();
        let mut back = String::new();
        let mut signs = summary.chars();
        while let Some(sign) = signs.next() {
            match sign {
                '\\' => match signs.next() {
                    Some('n') => back.push('\n'),
                    Some(other) => back.push(other),
                    None => {}
                },
                other => back.push(other),
            }
        }
        prop_assert_eq!(back, text.chars().filter(|one| !one.is_control() || *one == '\n').collect::<String>());
    }
}

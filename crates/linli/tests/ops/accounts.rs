//! Accounts from the command line, and their holders at the door.

use std::process::Stdio;

use crate::both_engines;
use crate::support::{Answer, At, form, get, get_with};

const PASSWORD: &str = "Correct-Horse-9-Battery";

fn sign_in(address: &str, login: &str, password: &str) -> Answer {
    form(address, "/login", "", &format!("login={login}&password={password}"))
}

/// The cookie an answer begins a session with.
fn session(answer: &Answer) -> String {
    answer.header("set-cookie").expect("a session").split(';').next().unwrap().to_owned()
}

fn set(address: &str, link: &str, more: &str) -> Answer {
    form(address, link.trim(), "", &format!("{more}password={PASSWORD}"))
}

both_engines! {
    fn an_account_from_its_first_day_to_its_last(at) {
        at.district();
        let link = at.done(&["user", "setup-link"]).trim().to_owned();
        let newer = at.done(&["user", "setup-link"]).trim().to_owned();
        let served = at.serve();
        let address = served.address.as_str();
        // Starting made another link: only the last one made counts, and it counts once.
        let printed = served.said.iter().find_map(|line| line.split_once("/setup/")).map(|(_, token)| format!("/setup/{token}")).unwrap();
        let first = "name=%E5%BC%A0&login=root&";
        for old in [&link, &newer] {
            assert_eq!(set(address, old, first).status, 410, "an earlier link still opened");
        }
        assert_eq!(set(address, &printed, first).status, 303);
        assert_eq!(set(address, &printed, "name=%E6%9D%8E&login=second&").status, 410, "the setup link opened twice");
        assert!(at.done(&["user", "setup-link"]).contains("there is an administrator already"));

        // A steward gets an account; the link lets the holder set a password, once.
        assert!(at.refused(&["user", "add", "chen", "--person", "NOBODY"]).contains("nobody with the code NOBODY"));
        assert!(at.refused(&["user", "add", "x", "--person", "S1"]).contains("3 to 60"));
        assert!(at.refused(&["user", "add", "chen", "--person", "S1", "--district", "999999"]).contains("999999 is not served"));
        let link = at.done(&["user", "add", "chen", "--person", "S1"]);
        assert!(at.refused(&["user", "add", "chen", "--person", "S2"]).contains("is taken"));
        assert_ne!(sign_in(address, "chen", PASSWORD).status, 303, "there is no password yet");
        assert_eq!(form(address, link.trim(), "", "password=short").status, 422);
        assert_eq!(set(address, &link, "").status, 303);
        assert_eq!(set(address, &link, "").status, 410, "the link opened twice");
        let mine = session(&sign_in(address, "chen", PASSWORD));
        assert_eq!(get_with(address, "/my-day", &format!("Cookie: {mine}\r\n")).status, 200);
        let listed = at.done(&["user", "list"]);
        let line = |login: &str| listed.lines().find(|line| line.starts_with(login)).unwrap_or_default().to_owned();
        assert!(line("chen\t").contains("\tS1\t") && line("chen\t").ends_with("\topen"), "{listed}");
        assert!(line("root\t").ends_with("\topen"), "{listed}");

        // Closed from the command line: this session ends, no other begins, until it is opened again.
        at.done(&["user", "disable", "chen"]);
        crate::support::wait_for("the session to end", || {
            (get_with(address, "/my-day", &format!("Cookie: {mine}\r\n")).status == 401).then_some(())
        });
        assert_ne!(sign_in(address, "chen", PASSWORD).status, 303);
        assert!(at.done(&["user", "list"]).lines().any(|line| line.starts_with("chen\t") && line.ends_with("\tclosed")));
        assert!(at.refused(&["user", "reset-link", "chen"]).contains("is closed"));
        at.done(&["user", "enable", "chen"]);
        assert_eq!(sign_in(address, "chen", PASSWORD).status, 303);
        assert_eq!(get_with(address, "/my-day", &format!("Cookie: {mine}\r\n")).status, 401, "an ended session came back");

        // Guessing locks the login, also for the right password; a new password by link opens it.
        let mut statuses = Vec::new();
        for _ in 0..12 {
            statuses.push(sign_in(address, "chen", "Wrong-Horse-9-Battery").status);
        }
        assert_eq!(statuses.last(), Some(&429), "{statuses:?}");
        assert_eq!(sign_in(address, "chen", PASSWORD).status, 429);
        let link = at.done(&["user", "reset-link", "chen"]);
        assert_eq!(set(address, &link, "").status, 303);
        assert_eq!(sign_in(address, "chen", PASSWORD).status, 303);
        assert!(at.refused(&["user", "disable", "nobody"]).contains("no account nobody"));
    }

    // A start that comes to nothing takes the setup link out of nobody's hands, and prints none.
    fn a_start_that_is_refused_leaves_the_setup_link(at) {
        at.district();
        let served = at.serve();
        let link = served.said.iter().find_map(|line| line.split_once("/setup/")).map(|(_, token)| format!("/setup/{token}")).unwrap();
        let key = at.folder.join("linli.key");
        let right = std::fs::read(&key).unwrap();
        std::fs::write(&key, [9; 32]).unwrap();
        let said = at.refused(&["serve", "--listen", "127.0.0.1:0"]);
        assert!(!said.contains("/setup/"), "{said}");
        assert_eq!(get(&served.address, &link).status, 200, "whoever holds it is still let in");
        drop(served);
        let said = at.refused(&["serve", "--listen", "127.0.0.1:0"]);
        assert!(said.contains("is not the key of this store") && !said.contains("/setup/"), "{said}");
        assert!(!said.contains('\u{1b}'), "no colours where nobody looks on: {said}");
        std::fs::write(&key, right).unwrap();
        drop(at.serve());
    }

    fn a_session_ends_with_the_appointment(at) {
        at.district();
        let served = at.serve();
        let address = served.address.as_str();
        let link = at.done(&["user", "add", "chen", "--person", "S1"]);
        let mine = session(&set(address, &link, ""));
        let cookie = format!("Cookie: {mine}\r\n");
        assert_eq!(get_with(address, "/my-day", &cookie).status, 200);
        // The same appointment, now with an end that has passed.
        let file = at.folder.with_extension("ended.csv");
        let head = "person_code,organisation_name,role,title,place,grid_code,public_phone,from,to\n";
        std::fs::write(&file, format!("{head}S1,试验物业,life_steward,,T1,,025-0000-0001,2020-01-01,2021-01-01\n")).unwrap();
        at.done(&["import", "appointments", file.to_str().unwrap()]);
        crate::support::wait_for("the appointment to lose its power", || (get_with(address, "/my-day", &cookie).status == 403).then_some(()));
        assert_eq!(get_with(address, "/api/v1/cases", &cookie).json()["code"], "access.forbidden");
    }

    fn migrating_again_changes_nothing(at) {
        for _ in 0..2 {
            assert!(at.done(&["migrate"]).contains("up to date"));
        }
        at.district();
        let served = at.serve();
        // While it serves, too.
        at.done(&["migrate"]);
        assert_eq!(get(&served.address, "/ready").json()["tables"], "ok");
        drop(served);
        at.check();
    }
}

#[test]
fn a_database_of_a_newer_program_is_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    let at = At::sqlite(folder.path().join("data"));
    at.done(&["migrate"]);
    crate::support::block(async {
        use linli_db::sqlx::{Connection as _, Executor as _, SqliteConnection};
        let mut conn = SqliteConnection::connect(&format!("sqlite://{}/linli.db", at.folder.display())).await.unwrap();
        conn.execute("INSERT INTO _sqlx_migrations (version, description, installed_on, success, checksum, execution_time) VALUES (9999, 'later', '2026-01-01', 1, x'00', 0)").await.unwrap();
        conn.close().await.unwrap();
    });
    let said = at.refused(&["migrate"]);
    assert!(said.contains("9999"), "{said}");
    let child =
        at.command().args(["serve", "--listen", "127.0.0.1:0"]).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    assert!(!child.success());
}

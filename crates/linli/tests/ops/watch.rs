//! Health, readiness and figures, as a monitoring system sees them.

use crate::both_engines;
use crate::support::At;
use crate::support::{door, get, get_with, try_report, wait_for};

/// The value of a line of Prometheus text.
fn value(text: &str, line: &str) -> Option<f64> {
    text.lines().find_map(|l| l.strip_prefix(line)?.trim().parse().ok())
}

both_engines! {
    fn it_says_how_it_is(at) {
        at.district();
        let served = at.serve();
        let address = served.address.as_str();
        assert_eq!(get(address, "/health").text(), "ok\n");
        let ready = wait_for("the worker to begin", || Some(get(address, "/ready")).filter(|answer| answer.json()["jobs"] == "ok"));
        for check in ["store", "tables", "jobs"] {
            assert_eq!(ready.json()[check], "ok", "{}", ready.text());
        }
        assert_eq!(ready.json()["ready"], ready.status == 200);
        let door = door(address);
        let before = get(address, "/metrics").text();
        for n in 0..5 {
            assert_eq!(try_report(address, &door, "张三家楼道灯不亮", &format!("key-watch-{n}")).unwrap().status, 201);
        }
        assert_eq!(get(address, "/r/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").status, 404);
        let answer = get(address, "/metrics");
        assert_eq!(answer.header("content-type").as_deref(), Some("text/plain; version=0.0.4; charset=utf-8"));
        let after = answer.text();
        let grown = |line: &str| value(&after, line).unwrap_or(0.0) - value(&before, line).unwrap_or(0.0);
        assert_eq!(grown("linli_http_requests_total{method=\"POST\",route=\"/api/v1/cases\",status=\"2xx\"} "), 5.0, "{after}");
        assert_eq!(grown("linli_http_requests_total{method=\"GET\",route=\"/r/{token}\",status=\"4xx\"} "), 1.0, "{after}");
        assert_eq!(grown("linli_http_request_duration_seconds_count{route=\"/api/v1/cases\"} "), 5.0);
        assert_eq!(grown("linli_http_request_duration_seconds_bucket{le=\"+Inf\",route=\"/api/v1/cases\"} ") + grown("linli_http_request_duration_seconds_bucket{route=\"/api/v1/cases\",le=\"+Inf\"} "), 5.0, "{after}");
        assert!(grown("linli_journal_seq{district=\"1\"} ") >= 5.0, "{after}");
        if at.url.is_none() {
            assert!(grown("linli_write_group_size_sum ") >= 5.0, "{after}");
            assert!(grown("linli_write_group_size_count ") >= 1.0, "{after}");
        }
        for line in ["linli_write_queue_depth ", "linli_store_bytes ", "linli_live_listeners ", "linli_jobs_waiting ", "linli_jobs_given_up ",
            "linli_watch_people ", "linli_watch_elsewhere ", "linli_watch_other_folder ", "linli_watch_set_aside ", "linli_watch_log_bytes ", "linli_watch_effects_waiting ", "linli_watch_commit_worst_seconds ",
            "linli_watch_commits_total{outcome=\"failed\"} ", "linli_watch_signs_total{verdict=\"counted\"} ",
            "linli_disk_free_bytes ", "linli_job_last_run_failed{job=\"cases.fold\"} ", "linli_job_last_run_timestamp_seconds{job=\"cases.fold\"} "] {
            assert!(value(&after, line).is_some(), "{line} is missing: {after}");
        }
        assert!(value(&after, "linli_store_bytes ").unwrap() > 100_000.0);
        // Every line has its name explained, and nothing of what people wrote, no link and no address is in it.
        for line in after.lines().filter(|line| !line.starts_with('#')) {
            let name = line.split(['{', ' ']).next().unwrap();
            let family = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
            assert!(after.contains(&format!("# TYPE {family} ")) || after.contains(&format!("# TYPE {name} ")), "{line}");
        }
        for personal in ["张三", "13900000000", "陈试", "AAAAAAAA", &door, "127.0.0.1"] {
            assert!(!after.contains(personal), "{personal} in the figures");
        }
    }
}

#[test]
fn the_figures_are_not_for_everybody() {
    let folder = tempfile::tempdir().unwrap();
    let at = At::sqlite(folder.path().join("data"));
    let served = at.serve();
    let from_elsewhere = "X-Forwarded-For: 203.0.113.9\r\n";
    assert_eq!(get(&served.address, "/metrics").status, 200, "the machine itself may look");
    let refused = get_with(&served.address, "/metrics", from_elsewhere);
    assert_eq!((refused.status, refused.header("www-authenticate").as_deref()), (401, Some("Bearer")));
    // Whatever a proxy calls it: what was passed on by another machine does not come from this one.
    for passed_on in
        ["X-Real-IP: 203.0.113.9\r\n", "Forwarded: for=203.0.113.9\r\n", "Via: 1.1 gate\r\n", "X-Forwarded-For: 127.0.0.1\r\n"]
    {
        assert_eq!(get_with(&served.address, "/metrics", passed_on).status, 401, "{passed_on}");
    }
    let ready = get_with(&served.address, "/ready", from_elsewhere);
    assert_eq!(ready.json().as_object().unwrap().keys().collect::<Vec<_>>(), ["ready"], "others learn yes or no");
    drop(served);
    // Behind a proxy everybody comes from loopback: only the token opens.
    let mut command = at.command();
    command.env("LINLI_OPS_TOKEN", "s3cret-of-the-watch");
    let served = at.serve_by(command, &["--listen", "127.0.0.1:0", "--behind-proxy"]);
    assert_eq!(get(&served.address, "/metrics").status, 401);
    assert_eq!(get_with(&served.address, "/metrics", "Authorization: Bearer wrong\r\n").status, 401);
    assert_eq!(get_with(&served.address, "/metrics", "Authorization: Bearer s3cret-of-the-watch\r\n").status, 200);
    assert_eq!(get_with(&served.address, "/health", from_elsewhere).status, 200);
}

/// Two servers, each with a folder of its own, on one database.
#[test]
fn of_two_servers_on_one_database_one_keeps_the_watch_and_the_other_says_so() {
    let Some(test) = crate::support::postgres() else { return };
    let around = tempfile::tempdir().unwrap();
    let at = |name: &str| At { folder: around.path().join(name), url: test.config.url.clone() };
    let (one, other) = (at("one"), at("other"));
    one.district();
    let is = |address: &str, words: &str| {
        wait_for(words, || (get(address, "/ready").json()["watch"] == words).then_some(()));
    };
    let first = one.serve();
    is(&first.address, "kept here");
    // What is sealed is sealed with one key.
    std::fs::create_dir_all(&other.folder).unwrap();
    std::fs::copy(one.folder.join("linli.key"), other.folder.join("linli.key")).unwrap();
    let second = other.serve();
    is(&second.address, "another server on this database keeps it");
    assert_eq!(
        get(&second.address, "/ready").json()["ready"],
        get(&first.address, "/ready").json()["ready"],
        "it serves all the same"
    );
    let figures = |address: &str| {
        let text = get(address, "/metrics").text();
        ["linli_watch_runs ", "linli_watch_elsewhere ", "linli_watch_set_aside "].map(|line| value(&text, line).unwrap())
    };
    assert_eq!(figures(&first.address), [1.0, 0.0, 0.0]);
    assert_eq!(figures(&second.address), [0.0, 1.0, 0.0]);
    // Killed, it gives the claim back with its connection. Nobody is watched yet, so any folder will do.
    drop(first);
    is(&second.address, "kept here");
    let first = one.serve();
    is(&first.address, "another server on this database keeps it");
    assert_eq!(figures(&first.address), [0.0, 1.0, 0.0]);
}

//! The public log, checked from outside by the program itself: what was published, what somebody altered, and a database that was set back.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use linli_access::Ctx;
use linli_db::{Db, DbConfig};
use linli_kernel::{DistrictId, PlacePath, SystemClock, SystemRng};
use linli_record::commands;
use linli_record::model::Publish;
use uuid::Uuid;

use crate::both_engines;
use crate::support::{At, Served, block, get, wait_for};

/// What a room would publish, while nothing serves.
fn publish(at: &At, range: std::ops::Range<u128>) {
    block(async {
        let config = DbConfig { folder: at.folder.clone(), url: at.url.clone(), readers: 2 };
        let db = Db::open(&config).await.unwrap();
        let ctx = Ctx::system("test", Arc::new(SystemClock), Arc::new(SystemRng));
        let mut tx = db.begin(DistrictId::CITY).await.unwrap();
        let one = |n: u128| Publish {
            kind: "test.notice",
            subject: Uuid::from_u128(n),
            place: PlacePath::root(),
            public: format!("第 {n} 号公告").into_bytes(),
            sealed: None,
            page: None,
        };
        commands::publish_many(&ctx, &mut tx, range.map(one).collect()).await.unwrap();
        tx.commit().await.unwrap();
        db.close().await;
    });
}

/// Serves until the log has so many entries.
fn serve_until(at: &At, entries: u64) -> Served {
    let served = at.serve();
    wait_for("the checkpoint", || (size_of(&served, "0") == entries).then_some(()));
    served
}

fn size_of(served: &Served, log: &str) -> u64 {
    let note = get(&served.address, &format!("/log/{log}/checkpoint")).text();
    note.lines().nth(1).and_then(|line| line.parse().ok()).unwrap_or(u64::MAX)
}

fn key_of(served: &Served, log: &str) -> String {
    get(&served.address, &format!("/log/{log}/key")).text().trim().to_owned()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

both_engines! {
    fn a_log_is_checked_from_outside(at) {
        at.district();
        publish(at, 0..300);
        let served = serve_until(at, 300);
        let key = key_of(&served, "0");
        assert!(served.said.iter().any(|line| line.contains(&key)), "the key is shown at the first start: {:?}", served.said);
        let prefix = format!("http://{}/log/0", served.address);
        let beside = tempfile::tempdir().unwrap();
        let (kept, mirror) = (beside.path().join("kept"), beside.path().join("mirror"));
        let right = at.done(&["verify", &prefix, "--key", &key, "--keep", text(&kept), "--mirror", text(&mirror)]);
        assert!(right.contains("300 entries and 3 tiles are right") && right.contains("test.notice: 300"), "{right}");
        let trusting = at.done(&["verify", &prefix]);
        assert!(trusting.contains("taken from beside the log") && trusting.contains(&key), "{trusting}");
        let other = key_of(&served, "1");
        assert!(at.refused(&["verify", &prefix, "--key", &other]).contains("signed by no known key"));
        assert!(at.refused(&["verify", &format!("http://{}/log/9", served.address), "--key", &key]).contains("`checkpoint`: it is missing"));
        drop(served);

        publish(at, 300..310);
        let served = serve_until(at, 310);
        assert!(!served.said.iter().any(|line| line.contains("has the key")), "once: {:?}", served.said);
        let prefix = format!("http://{}/log/0", served.address);
        let grown = at.done(&["verify", &prefix, "--key", &key, "--keep", text(&kept)]);
        assert!(grown.contains("310 entries") && grown.contains("it begins with the 300 entries"), "{grown}");
        drop(served);
        at.check();

        // The copy is a log by itself, until somebody touches it; and it is behind what was kept since.
        let copy = text(&mirror);
        at.done(&["verify", copy, "--key", &key]);
        let back = at.refused(&["verify", copy, "--key", &key, "--earlier", text(&kept)]);
        assert!(back.contains("NOT RIGHT") && back.contains("its 300 entries do not begin with the 310"), "{back}");
        let bundle = mirror.join("tile/entries/000");
        let mut bytes = std::fs::read(&bundle).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        std::fs::write(&bundle, &bytes).unwrap();
        assert!(at.refused(&["verify", copy, "--key", &key]).contains("`tile/0/000` does not follow from the entries"));
        std::fs::remove_file(&bundle).unwrap();
        assert!(at.refused(&["verify", copy, "--key", &key]).contains("`tile/entries/000`: it is missing"));
    }
}

#[test]
fn a_database_that_was_set_back_signs_nothing_until_another_log_begins() {
    let folder = tempfile::tempdir().unwrap();
    let at = At::sqlite(folder.path().join("data"));
    at.district();
    publish(&at, 0..3);
    drop(serve_until(&at, 3));
    let backup = folder.path().join("backup.tar");
    at.done(&["backup", text(&backup)]);
    publish(&at, 3..5);
    let served = serve_until(&at, 5);
    let key = key_of(&served, "0");
    drop(served);

    let after = At::sqlite(folder.path().join("restored"));
    after.done(&["restore", text(&backup)]);
    std::fs::copy(at.folder.join("log-0.checkpoint"), after.folder.join("log-0.checkpoint")).unwrap();
    publish(&after, 10..11);
    let served = after.serve();
    wait_for("the job", || {
        let page = get(&served.address, "/log/0").text();
        page.contains("1 条等待编号").then_some(())
    });
    // Longer than the job takes from one time to the next: it has refused at least once.
    wait_for("a while", {
        let begun = std::time::Instant::now();
        move || (begun.elapsed().as_secs() >= 7).then_some(())
    });
    assert_eq!(size_of(&served, "0"), 3, "nothing more is signed");
    drop(served);
    let begun = after.done(&["log-anew"]);
    assert!(begun.contains("/log/0-2 follows") && !begun.contains(&key), "{begun}");
    let served = after.serve();
    wait_for("the other log", || (size_of(&served, "0-2") == 2).then_some(()));
    let other = key_of(&served, "0-2");
    let right = after.done(&["verify", &format!("http://{}/log/0-2", served.address), "--key", &other]);
    assert!(right.contains("record.log_continued: 1") && right.contains("test.notice: 1"), "{right}");
    drop(served);
    after.check();
}

#[test]
fn the_sample_of_others_is_read_and_its_proof_holds() {
    let Some(data) = std::env::var_os("LINLI_TEST_DATA") else {
        println!("skipped: LINLI_TEST_DATA is not set");
        return;
    };
    let samples: PathBuf = Path::new(&data).join("translog/samples");
    let folder = tempfile::tempdir().unwrap();
    for (from, to) in [
        ("checkpoint-8.txt", "checkpoint"),
        ("tile-0-000.p-8.bin", "tile/0/000.p/8"),
        ("entries-000.p-8.bin", "tile/entries/000.p/8"),
    ] {
        let to = folder.path().join(to);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(samples.join(from), to).unwrap();
    }
    let known: serde_json::Value = serde_json::from_slice(&std::fs::read(samples.join("keys-and-proofs.json")).unwrap()).unwrap();
    let key = known["log_verifier_key"].as_str().unwrap();
    let at = At::sqlite(folder.path().join("no installation"));
    let five = samples.join("checkpoint-5.txt");
    let right = at.done(&["verify", text(folder.path()), "--key", key, "--earlier", text(&five)]);
    assert!(right.contains("8 entries and 1 tiles are right") && right.contains("begins with the 5 entries"), "{right}");
    assert!(right.contains("of another form: 8"), "{right}");
    let second = known["second_verifier_key"].as_str().unwrap();
    let of_another = at.refused(&["verify", text(folder.path()), "--key", second]);
    assert!(of_another.contains("a checkpoint of `log.linli.example/decisions`"), "{of_another}");
    // A proof alone, with the entry it is about.
    let hashes: Vec<&str> =
        known["inclusion_of_index_3_in_size_8"].as_array().unwrap().iter().map(|h| h.as_str().unwrap()).collect();
    let note = std::fs::read_to_string(samples.join("checkpoint-8.txt")).unwrap();
    let proof = format!("c2sp.org/tlog-proof@v1\nindex 3\n{}\n\n{note}", hashes.join("\n"));
    let bundle = std::fs::read(samples.join("entries-000.p-8.bin")).unwrap();
    let entries = linli_publiclog::decode_bundle(&bundle).unwrap();
    let (file, entry) = (folder.path().join("proof"), folder.path().join("entry"));
    std::fs::write(&file, proof).unwrap();
    std::fs::write(&entry, entries[3]).unwrap();
    let asked = ["verify", text(folder.path()), "--key", key, "--proof", text(&file), "--entry", text(&entry)];
    assert!(at.done(&asked).contains("the entry is number 3 of the first 8 entries"));
    std::fs::write(&entry, entries[4]).unwrap();
    assert!(at.refused(&asked).contains("does not lead to the root hash"));
}

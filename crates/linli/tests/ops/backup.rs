//! Backup and restore: everything is there again, a part of it never is.

use std::process::Stdio;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use linli_cases::{CaseId, contact_of};
use linli_db::{Db, DbConfig, sql};
use linli_identity::vault::Vault;
use linli_kernel::{DistrictId, SystemRng};

use crate::both_engines;
use crate::support::{
    At, block, door, empty_postgres, get, kill, link_of, picture, report_with_photo, text, try_report, wait_for,
};

/// A report that was answered: its private link, and whether it has a photo.
type Kept = (String, bool);

/// A place to restore into that nothing is in.
fn elsewhere(at: &At, name: &str) -> At {
    At { folder: at.folder.with_file_name(name), url: at.url.as_ref().map(|_| empty_postgres()) }
}

/// Makes a district with reports, and a backup of it while others are being made. Gives what had been answered before.
fn backed_up(at: &At, file: &str) -> Vec<Kept> {
    at.district();
    let served = at.serve();
    let door = door(&served.address);
    let (stop, sent) = (AtomicBool::new(false), AtomicUsize::new(0));
    let answered: Mutex<Vec<Kept>> = Mutex::default();
    let before = std::thread::scope(|scope| {
        for writer in 0..4_u32 {
            let (address, door, stop, sent, answered) = (&served.address, &door, &stop, &sent, &answered);
            scope.spawn(move || {
                for n in 0_u32.. {
                    if stop.load(Ordering::SeqCst) {
                        return;
                    }
                    let words = format!("楼道灯不亮 {writer}-{n}");
                    let kept = if n % 2 == 0 {
                        (report_with_photo(address, door, &words, &picture(writer * 100_000 + n)).unwrap(), true)
                    } else {
                        let answer = try_report(address, door, &words, &format!("key-{writer}-{n:08}")).unwrap();
                        assert_eq!(answer.status, 201, "{}", answer.text());
                        (link_of(&answer), false)
                    };
                    answered.lock().unwrap().push(kept);
                    sent.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
        wait_for("some reports", || (sent.load(Ordering::SeqCst) >= 24).then_some(()));
        let before = answered.lock().unwrap().clone();
        let said = at.run(&["backup", file]);
        let during = sent.load(Ordering::SeqCst);
        wait_for("reports after the backup", || (sent.load(Ordering::SeqCst) > during + 4).then_some(()));
        stop.store(true, Ordering::SeqCst);
        assert!(said.status.success(), "{}", text(&said.stderr));
        assert!(during > before.len(), "nothing was written while the backup was made: it proves nothing");
        before
    });
    assert!(before.iter().any(|(_, photo)| *photo) && before.iter().any(|(_, photo)| !*photo));
    before
}

/// Every report that had been answered opens with its photo, and its phone can be read with the key in the folder.
fn all_there(at: &At, kept: &[Kept]) {
    let served = at.serve();
    for (link, photo) in kept {
        let page = get(&served.address, &format!("/r/{link}"));
        assert_eq!(page.status, 200, "an answered report is not in the backup");
        assert!(page.text().contains("楼道灯不亮"));
        if *photo {
            let shown = get(&served.address, &format!("/r/{link}/photo/1"));
            assert_eq!(shown.status, 200);
            assert!(shown.header("content-type").unwrap().starts_with("image/"), "{}", shown.head);
            assert!(image::load_from_memory(&shown.body).is_ok());
        }
    }
    drop(served);
    let key: [u8; 32] = std::fs::read(at.folder.join("linli.key")).unwrap().try_into().unwrap();
    let vault = Vault::new(&key, std::sync::Arc::new(SystemRng));
    let sealed = block(async {
        let db = Db::open(&DbConfig { folder: at.folder.clone(), url: at.url.clone(), readers: 2 }).await.unwrap();
        let mut read = db.read().await.unwrap();
        let c = &mut read.conn();
        let sealed: Vec<(DistrictId, CaseId, Vec<u8>)> =
            sql!(c, x => sqlx::query_as("SELECT district_id, case_id, phone_sealed FROM case_contact").fetch_all(x).await)
                .unwrap();
        drop(read);
        db.close().await;
        sealed
    });
    assert!(sealed.len() >= kept.len());
    for (district, case, sealed) in sealed {
        assert_eq!(vault.open_for(&contact_of(district, case), &sealed).as_deref(), Some("13900000000"));
    }
}

both_engines! {
    fn everything_comes_back(at) {
        let file = at.folder.with_file_name("one.linli");
        let file = file.to_str().unwrap();
        let kept = backed_up(at, file);
        assert!(at.refused(&["backup", file]).contains("never overwrites"));
        assert!(at.refused(&["restore", file]).contains("is not empty"), "a used folder");
        let back = elsewhere(at, "back");
        let said = back.done(&["restore", file]);
        assert!(said.contains("photos checked") && !said.contains("; 0 photos"), "{said}");
        back.check();
        all_there(&back, &kept);
        if at.url.is_some() {
            let again = At { folder: at.folder.with_file_name("third"), url: back.url.clone() };
            assert!(again.refused(&["restore", file]).contains("is not empty"), "a used database");
            assert!(!again.folder.exists());
            let wrong = At::sqlite(at.folder.with_file_name("fourth"));
            assert!(wrong.refused(&["restore", file]).contains("PostgreSQL installation"));
            assert!(!wrong.folder.exists());
            let none = at.command().env("PATH", "/nowhere").args(["backup", "/tmp/never.linli"]).output().unwrap();
            assert!(text(&none.stderr).contains("pg_dump is not on this machine"), "{}", text(&none.stderr));
        }
    }

    fn without_the_key_it_says_so(at) {
        let file = at.folder.with_file_name("keyless.linli");
        at.district();
        let served = at.serve();
        let door = door(&served.address);
        let kept = vec![(link_of(&try_report(&served.address, &door, "楼道灯不亮", "key-00000001").unwrap()), false)];
        at.done(&["backup", "--without-key", file.to_str().unwrap()]);
        drop(served);
        let back = elsewhere(at, "back");
        let said = back.done(&["restore", file.to_str().unwrap()]);
        assert!(said.contains("holds no key"), "{said}");
        assert!(!back.folder.join("linli.key").exists());
        assert!(back.refused(&["check"]).contains("linli.key is missing"));
        assert!(back.refused(&["serve", "--listen", "127.0.0.1:0"]).contains("linli.key is missing"));
        assert!(!back.folder.join("linli.key").exists(), "no new key is made in silence");
        std::fs::write(back.folder.join("linli.key"), [9; 32]).unwrap();
        assert!(back.refused(&["serve", "--listen", "127.0.0.1:0"]).contains("is not the key of this store"));
        std::fs::copy(at.folder.join("linli.key"), back.folder.join("linli.key")).unwrap();
        back.check();
        all_there(&back, &kept);
        // Lost for good: it goes on, with a key of its own, when it is told to.
        std::fs::remove_file(back.folder.join("linli.key")).unwrap();
        drop(back.serve_with(&["--listen", "127.0.0.1:0", "--new-key"]));
        drop(back.serve());
    }

    fn a_torn_or_changed_file_leaves_nothing(at) {
        let file = at.folder.with_file_name("whole.linli");
        at.district();
        let served = at.serve();
        let door = door(&served.address);
        for n in 0..3 {
            report_with_photo(&served.address, &door, "楼道灯不亮", &picture(n)).unwrap();
        }
        at.done(&["backup", file.to_str().unwrap()]);
        drop(served);
        let whole = std::fs::read(&file).unwrap();
        let mut positions = Vec::new();
        let mut archive = tar::Archive::new(whole.as_slice());
        for entry in archive.entries().unwrap() {
            let entry = entry.unwrap();
            let name = entry.path().unwrap().to_string_lossy().into_owned();
            positions.push((name, entry.raw_header_position() as usize, entry.raw_file_position() as usize, entry.size() as usize));
        }
        let of = |start: &str| positions.iter().find(|(name, ..)| name.starts_with(start)).unwrap().clone();
        let (database, blob, manifest, key) = (of("linli."), of("blobs/"), of("manifest"), of("linli.key"));
        assert_ne!(database.0, key.0);
        let mut broken: Vec<(&str, Vec<u8>)> = Vec::new();
        // Torn in the database, in a photo, and exactly between two entries, where a tar file looks whole.
        for cut in [512, database.2 + 700, blob.2 + blob.3 / 2, manifest.1] {
            broken.push(("torn", whole[..cut].to_vec()));
        }
        for (what, position) in [("the database in", database.2 + database.3 / 2), ("is damaged", blob.2 + blob.3 / 2), ("the key in", key.2 + 3)] {
            let mut changed = whole.clone();
            changed[position] ^= 0x40;
            broken.push((what, changed));
        }
        let mut without = whole[..blob.1].to_vec();
        without.extend_from_slice(&whole[blob.2 + blob.3.next_multiple_of(512)..]);
        broken.push(("should be", without));
        broken.push(("torn or is not a backup", b"no backup at all, but long enough to be read as something".repeat(40)));
        let back = elsewhere(at, "back");
        for (what, bytes) in broken {
            let bad = at.folder.with_file_name("bad.linli");
            std::fs::write(&bad, bytes).unwrap();
            let said = back.refused(&["restore", bad.to_str().unwrap()]);
            assert!(said.contains(what), "{what}: {said}");
            assert!(!back.folder.exists(), "{what}: something was left behind");
        }
        // The database was not touched: the whole file still goes in.
        back.done(&["restore", file.to_str().unwrap()]);
        back.check();
    }

    fn a_killed_restore_serves_nothing(at) {
        let file = at.folder.with_file_name("whole.linli");
        at.district();
        let served = at.serve();
        let door = door(&served.address);
        for n in 0..6 {
            report_with_photo(&served.address, &door, "楼道灯不亮", &picture(n)).unwrap();
        }
        at.done(&["backup", file.to_str().unwrap()]);
        drop(served);
        let mut caught = 0;
        for round in 0..4_u32 {
            let back = elsewhere(at, &format!("back{round}"));
            let mut child = back
                .command()
                .args(["restore", file.to_str().unwrap()])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let mark = back.folder.join("restore-unfinished");
            // Killed at another point each time: as soon as it has begun, when the key is there, when the first photo is.
            let begun = match round % 3 {
                0 => mark.clone(),
                1 => back.folder.join("linli.key"),
                _ => back.folder.join("blobs"),
            };
            wait_for("the restore to begin", || (begun.exists() || child.try_wait().unwrap().is_some()).then_some(()));
            kill(&mut child);
            if mark.exists() {
                caught += 1;
                for args in [&["serve", "--listen", "127.0.0.1:0"][..], &["check"], &["backup", "/tmp/never.linli"], &["restore", file.to_str().unwrap()]] {
                    let said = back.refused(args);
                    assert!(said.contains("did not come to its end"), "{args:?}: {said}");
                }
            } else {
                back.check();
            }
        }
        assert!(caught > 0, "no restore was caught half-way: the test proved nothing");
    }
}

#[test]
fn a_backup_of_nothing_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let at = At::sqlite(folder.path().join("nothing"));
    assert!(at.refused(&["backup", folder.path().join("b.linli").to_str().unwrap()]).contains("there is no installation"));
    assert!(!at.folder.exists(), "none is made by asking");
}

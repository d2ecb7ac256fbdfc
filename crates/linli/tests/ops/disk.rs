//! A full disk: a clear word, nothing half-written, and it goes on when there is room again.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{At, door, get, link_of, picture, report_with_photo, try_post, try_report};

/// A small disk of its own, where the machine lets us have one.
struct Disk(PathBuf);

impl Disk {
    fn of_megabytes(at: &Path, size: u32) -> Option<Self> {
        std::fs::create_dir_all(at).unwrap();
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &format!("size={size}m"), "tmpfs"]).arg(at).output();
        let mounted = mounted.is_ok_and(|done| done.status.success());
        if !mounted {
            eprintln!("skipped: no small disk can be mounted here; linli-db fills one with a limit on its pages");
        }
        mounted.then(|| Self(at.to_owned()))
    }

    /// Takes all the room there is.
    fn fill(&self) -> PathBuf {
        let ballast = self.0.join("ballast");
        let mut file = std::fs::File::create(&ballast).unwrap();
        let block = vec![0x5a_u8; 1 << 12];
        while std::io::Write::write_all(&mut file, &block).is_ok() {}
        ballast
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).output();
    }
}

#[test]
fn a_full_disk_is_told_and_survived() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = Disk::of_megabytes(&folder.path().join("disk"), 48) else { return };
    let at = At::sqlite(disk.0.join("data"));
    at.district();
    let served = at.serve();
    let door = door(&served.address);
    let mut kept = vec![link_of(&try_report(&served.address, &door, "楼道灯不亮", "key-before").unwrap())];
    kept.push(report_with_photo(&served.address, &door, "楼道灯不亮", &picture(1)).unwrap());

    let ballast = disk.fill();
    // What was already set aside in the write-ahead log may still take some.
    let mut refused = None;
    for n in 0..20_000 {
        let answer =
            try_report(&served.address, &door, &"长".repeat(3_000), &format!("key-full-{n:06}")).expect("it still answers");
        if answer.status == 201 {
            kept.push(link_of(&answer));
            continue;
        }
        refused = Some((n, answer));
        break;
    }
    let (n, refused) = refused.expect("the disk is full, yet everything was taken");
    assert_eq!(refused.status, 503, "{}", refused.text());
    assert_eq!(refused.json()["code"], "db.unavailable");
    assert!(refused.header("retry-after").is_some(), "{}", refused.head);
    assert_eq!(refused.header("content-type").as_deref(), Some("application/problem+json"));
    // A photo finds no room either.
    let mut body = format!("--b0\r\nContent-Disposition: form-data; name=\"at\"\r\n\r\n{door}\r\n--b0\r\nContent-Disposition: form-data; name=\"what\"\r\n\r\nx\r\n--b0\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n").into_bytes();
    body.extend(picture(2));
    body.extend(b"\r\n--b0--\r\n");
    let photo = try_post(&served.address, "/report", "Content-Type: multipart/form-data; boundary=b0\r\n", &body).unwrap();
    assert_eq!(photo.status, 503, "{}", photo.text());
    // Reading goes on; the program says that it cannot do its work, and why.
    for link in &kept {
        assert_eq!(get(&served.address, &format!("/r/{link}")).status, 200);
    }
    assert_eq!(get(&served.address, "/health").status, 200);
    let ready = get(&served.address, "/ready");
    assert_eq!(ready.status, 503);
    assert_ne!(ready.json()["disk"], "ok", "{}", ready.text());

    std::fs::remove_file(ballast).unwrap();
    // The same request again, with the same key: now it happens, once.
    let key = format!("key-full-{n:06}");
    let again = try_report(&served.address, &door, &"长".repeat(3_000), &key).unwrap();
    assert_eq!(again.status, 201, "{}", again.text());
    let once_more = try_report(&served.address, &door, &"长".repeat(3_000), &key).unwrap();
    assert_eq!(link_of(&again), link_of(&once_more));
    kept.push(link_of(&again));
    kept.push(report_with_photo(&served.address, &door, "楼道灯不亮", &picture(2)).unwrap());
    for link in &kept {
        assert_eq!(get(&served.address, &format!("/r/{link}")).status, 200);
    }
    drop(served);
    at.check();
    let drafts = walk(&at.folder.join("blobs")).into_iter().filter(|name| name.contains("draft-")).count();
    assert_eq!(drafts, 0, "a photo that found no room left a piece behind");
}

fn walk(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for shelf in std::fs::read_dir(folder).unwrap() {
        for file in std::fs::read_dir(shelf.unwrap().path()).unwrap() {
            names.push(file.unwrap().file_name().to_string_lossy().into_owned());
        }
    }
    names
}

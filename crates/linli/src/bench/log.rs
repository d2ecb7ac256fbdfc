//! The public log at ten million entries: one proof, and the check of all of it from outside.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, ensure};
use axum::body::{Body, to_bytes};
use axum::http::Request;
use linli_access::Ctx;
use linli_db::{Db, DbConfig};
use linli_identity::model::DoorRules;
use linli_identity::passwords::Passwords;
use linli_kernel::{DistrictId, PlacePath, SystemClock, SystemRng};
use linli_publiclog::{Resource, Tile};
use linli_record::LogKeeper;
use linli_record::model::{EntryId, LogHead, LogId, Publish, Sealed};
use linli_record::{commands, queries};
use linli_webkit::Proxy;
use tower::ServiceExt as _;
use uuid::Uuid;

use super::child;
use super::figure::{median, print};
use crate::cli::Profile;
use crate::house::{self, Plan};
use crate::record::InFolder;
use crate::{Machine, key};

/// Entries published in one transaction.
const AT_ONCE: u64 = 8_192;
/// Proofs asked for.
const PROOFS: u64 = 500;
const LOG: LogId = LogId { district: DistrictId::CITY, no: 1 };

/// Prints `log.proof_ms`: the median of 500 inclusion proofs of a log of so many entries, each a question to the router that is answered with the file of the
/// proof; and `log.verify_10m_s`: `linli verify` on the files of the whole log, process and all. The log is made by the commands that publish and seal, and is
/// kept for the next time.
pub async fn run(place: &Path, entries: u64) -> anyhow::Result<()> {
    let folder = place.join(format!("log-{entries}"));
    let data = folder.join("data");
    let machine = Machine { config: DbConfig::in_folder(data.clone()), clock: Arc::new(SystemClock), rng: Arc::new(SystemRng) };
    if !folder.join("ready").exists() {
        if folder.exists() {
            fs::remove_dir_all(&folder).context("a log that was not finished could not be removed")?;
        }
        fs::create_dir_all(&data)?;
    }
    let db = Db::open(&machine.config).await?;
    let built = house::build(Plan {
        db: db.clone(),
        clock: machine.clock.clone(),
        rng: machine.rng.clone(),
        key: key::key_for(&machine, &db, false).await?,
        profile: Profile::Community,
        base_url: "http://127.0.0.1".to_owned(),
        proxy: Proxy::None,
        tls: false,
        demo: false,
        limited: false,
        passwords: Passwords::new(1)?,
        door: DoorRules::default(),
        folder: data,
        ops_token: None,
        hooks_inside: Vec::new(),
        witness: Arc::new(InFolder(machine.config.folder.clone())),
    })?;
    let files = folder.join("files");
    if !folder.join("ready").exists() {
        let ctx = Ctx::system("bench", machine.clock.clone(), machine.rng.clone());
        let begun = Instant::now();
        write(&ctx, (&db, &built.keeper), entries).await?;
        tracing::info!(secs = begun.elapsed().as_secs_f64(), entries, "the log is written");
        export(&db, &files).await?;
        fs::write(folder.join("ready"), "")?;
    }
    let head = head(&db).await?;
    ensure!(head.size == entries, "the log has {} entries", head.size);
    let (mut took, mut bytes) = (Vec::new(), 0.0);
    for n in 0..PROOFS {
        let number = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) % entries;
        let id = queries::numbered(&mut db.read().await?.conn(), LOG, number).await?.context("an entry without a number")?;
        let begun = Instant::now();
        bytes = proof(&built.router, id).await?;
        took.push(begun.elapsed().as_secs_f64() * 1_000.0);
    }
    let worst = took.iter().copied().fold(0.0, f64::max);
    let size = count(entries)?;
    print("log", "proof_ms", median(took), "ms", &[("entries", size), ("worst_ms", worst), ("bytes", bytes)])?;
    let place = files.to_str().context("a folder whose name is no text")?;
    let verified = child::run(&folder, &["verify", place, "--key", &head.key])?;
    print("log", "verify_10m_s", verified.secs, "s", &[("entries", size), ("peak_mb", verified.peak_mb)])?;
    db.close().await;
    Ok(())
}

fn count(n: u64) -> anyhow::Result<f64> {
    Ok(f64::from(u32::try_from(n)?))
}

async fn head(db: &Db) -> anyhow::Result<LogHead> {
    Ok(queries::log(&mut db.read().await?.conn(), LOG).await?)
}

/// Ballots of large votes: a few public bytes and a commitment each.
async fn write(ctx: &Ctx, (db, keeper): (&Db, &LogKeeper), entries: u64) -> anyhow::Result<()> {
    let mut made = 0;
    while made < entries {
        let some = AT_ONCE.min(entries - made);
        let what = (made..made + some).map(|n| {
            let mut commitment = [0; 32];
            ctx.rng.fill(&mut commitment);
            Publish {
                kind: "ballot.cast",
                subject: Uuid::from_u128(u128::from(n)),
                place: PlacePath::root(),
                public: format!("{{\"vote\":{},\"ballot\":{n}}}", n / 100_000).into_bytes(),
                sealed: Some(Sealed::Kept(linli_publiclog::Commitment(commitment))),
                page: None,
            }
        });
        let what = what.collect();
        let mut tx = db.begin(DistrictId::CITY).await?;
        commands::publish_many(ctx, &mut tx, what).await?;
        tx.commit().await?;
        commands::seal_all(ctx, db, keeper).await?;
        made += some;
    }
    Ok(())
}

/// Writes the files of the log into a folder, as a mirror of it would have them.
async fn export(db: &Db, folder: &Path) -> anyhow::Result<()> {
    let size = head(db).await?.size;
    put(db, folder, Resource::Checkpoint).await?;
    for level in 0..=7 {
        let mut index = 0;
        while let Some(tile) = Tile::in_log(size, level, index) {
            put(db, folder, Resource::Hashes(tile)).await?;
            if level == 0 {
                put(db, folder, Resource::Entries { index, width: tile.width }).await?;
            }
            index += 1;
        }
    }
    Ok(())
}

async fn put(db: &Db, folder: &Path, resource: Resource) -> anyhow::Result<()> {
    let bytes = queries::file(&mut db.read().await?.conn(), LOG, resource).await?;
    let file: PathBuf = folder.join(resource.to_string());
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    Ok(fs::write(file, bytes)?)
}

/// Asks for a proof, and says how long its file is.
async fn proof(router: &axum::Router, id: EntryId) -> anyhow::Result<f64> {
    let request = Request::get(format!("/log/{}/e/{id}/proof", LOG.district)).body(Body::empty())?;
    let answer = router.clone().oneshot(request).await?;
    ensure!(answer.status().is_success(), "the proof was answered with {}", answer.status());
    let bytes = to_bytes(answer.into_body(), 1 << 20).await?;
    ensure!(bytes.starts_with(b"c2sp.org/tlog-proof@v1\n"), "no proof");
    count(u64::try_from(bytes.len())?)
}

//! A public log checked from outside: signature, every entry, every file, and that it begins with what was kept of it.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use futures_util::future::join_all;
use linli_access::Ctx;
use linli_db::Db;
use linli_identity::vault::Vault;
use linli_kernel::DistrictId;
use linli_publiclog::{Checkpoint, Entry, Files, Folder, Log, LogError, ProofFile, Resource, TILE_WIDTH, Tile, audit};
use linli_record::LogKeeper;
use linli_wire::{Client, Reach, believed_here};
use tokio::runtime::Handle;

use crate::cli::Verify;
use crate::record::InFolder;
use crate::{Machine, key};

/// Checks a log; prints what was found, and true when all of it is right.
pub async fn verify(how: &Verify) -> anyhow::Result<bool> {
    let how = how.clone();
    // Its files are asked for one after the other, each as soon as the one before was judged.
    let found = tokio::task::spawn_blocking(move || checked(&how)).await?;
    let mut out = std::io::stdout();
    match found {
        Ok(lines) => {
            for line in lines {
                writeln!(out, "{line}")?;
            }
            Ok(true)
        }
        Err(error) if error.downcast_ref::<LogError>().is_some() => {
            writeln!(out, "NOT RIGHT: {error:#}")?;
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

fn checked(how: &Verify) -> anyhow::Result<Vec<String>> {
    let mut files = Reading::of(how)?;
    let mut lines = Vec::new();
    let text = match &how.key {
        Some(key) => key.clone(),
        None => {
            let beside =
                files.read("key").map_err(anyhow::Error::msg)?.context("no key lies beside the log; name it with --key")?;
            let key = String::from_utf8(beside)?.trim().to_owned();
            lines.push(format!("the key was taken from beside the log; compare it with one you have from elsewhere: {key}"));
            key
        }
    };
    let log = Log::of(text.parse()?);
    let mut earlier = Vec::new();
    for file in how.earlier.iter().chain(how.keep.iter().filter(|file| file.exists())) {
        let note = fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
        let kept = Checkpoint::open(&note, &log).map_err(anyhow::Error::new);
        earlier.push(kept.with_context(|| format!("the checkpoint in {}", file.display()))?);
    }
    let (mut kinds, mut others) = (BTreeMap::<String, u64>::new(), 0_u64);
    let found = audit(&mut files, &log, &earlier, |_, bytes| match Entry::read(bytes) {
        Ok(entry) => *kinds.entry(entry.kind).or_default() += 1,
        Err(_) => others += 1,
    })?;
    let Checkpoint { origin, size, root, .. } = found.checkpoint;
    lines.push(format!("{origin}: {size} entries and {} tiles are right, root {root}", found.tiles));
    for before in &earlier {
        lines.push(format!("it begins with the {} entries that were signed before", before.size));
    }
    lines.extend(kinds.into_iter().map(|(kind, count)| format!("{kind}: {count}")));
    if others > 0 {
        lines.push(format!("of another form: {others}"));
    }
    if let (Some(proof), Some(entry)) = (&how.proof, &how.entry) {
        let (text, bytes) = (fs::read_to_string(proof)?, fs::read(entry)?);
        let proof = ProofFile::read(&text)?;
        let up_to = proof.verify(&bytes, &log)?;
        lines.push(format!("the entry is number {} of the first {} entries", proof.index, up_to.size));
        // A proof may be older than the log, or younger: either way one of them must begin with the other.
        if up_to.size == size && up_to.root != root {
            return Err(LogError::RolledBack { before: up_to.size, now: size }.into());
        }
    }
    files.finish(how.keep.as_deref())?;
    Ok(lines)
}

/// Where the files come from.
enum Source {
    Folder(Folder),
    Server(Server),
}

/// A log on a server. Whoever reads one full file will read the next ones, so they are asked for together.
struct Server {
    client: Client,
    runtime: Handle,
    ahead: BTreeMap<String, Vec<u8>>,
}

/// Files asked for together.
const TOGETHER: u64 = 16;

impl Server {
    fn read(&mut self, path: &str) -> Result<Option<Vec<u8>>, String> {
        if let Some(bytes) = self.ahead.remove(path) {
            return Ok(Some(bytes));
        }
        let mut wanted = vec![path.to_owned()];
        wanted.extend(following(path));
        let asked = join_all(wanted.iter().map(|path| self.client.get(path)));
        let mut found = None;
        for (at, (one, got)) in wanted.iter().zip(self.runtime.block_on(asked)).enumerate() {
            match got {
                Ok(got) if got.status == 200 && at == 0 => found = Some(got.body.to_vec()),
                Ok(got) if got.status == 200 => drop(self.ahead.insert(one.clone(), got.body.to_vec())),
                // What was asked for beforehand may not be there; it is asked for again when its turn comes.
                _ if at > 0 => {}
                Ok(got) if matches!(got.status, 404 | 410) => {}
                Ok(got) => return Err(format!("the server answers {}", got.status)),
                Err(error) => return Err(error.to_string()),
            }
        }
        Ok(found)
    }
}

/// The files that are read after a full one.
fn following(path: &str) -> Vec<String> {
    match path.parse() {
        Ok(Resource::Entries { index, width: TILE_WIDTH }) => {
            (1..TOGETHER).map(|n| Resource::Entries { index: index.saturating_add(n), width: TILE_WIDTH }.to_string()).collect()
        }
        Ok(Resource::Hashes(tile)) if tile.is_full() => {
            (1..TOGETHER).map(|n| Resource::Hashes(Tile { index: tile.index.saturating_add(n), ..tile }).to_string()).collect()
        }
        _ => Vec::new(),
    }
}

/// The files, with what is kept of them.
struct Reading {
    from: Source,
    mirror: Option<PathBuf>,
    note: Option<Vec<u8>>,
}

impl Reading {
    fn of(how: &Verify) -> anyhow::Result<Self> {
        let from = if how.log.starts_with("http://") || how.log.starts_with("https://") {
            let believed = how.ca.clone().or_else(believed_here);
            let client = Client::new(&how.log, believed.as_deref(), Duration::from_secs(how.timeout))?;
            let client = client.within(Reach::Anywhere, "linli-verify");
            Source::Server(Server { client, runtime: Handle::current(), ahead: BTreeMap::new() })
        } else {
            let folder = PathBuf::from(&how.log);
            if !folder.is_dir() {
                bail!("{} is neither an address (http://, https://) nor a folder", how.log);
            }
            Source::Folder(Folder(folder))
        };
        Ok(Self { from, mirror: how.mirror.clone(), note: None })
    }

    /// Keeps the checkpoint once everything was found right: what is in the copy, and in the file of the next time, can be relied on.
    fn finish(self, keep: Option<&Path>) -> anyhow::Result<()> {
        let Some(note) = self.note else { return Ok(()) };
        if let Some(folder) = &self.mirror {
            put(&folder.join("checkpoint"), &note)?;
        }
        keep.map_or(Ok(()), |file| put(file, &note))
    }
}

impl Files for Reading {
    fn read(&mut self, path: &str) -> Result<Option<Vec<u8>>, String> {
        let found = match &mut self.from {
            Source::Folder(folder) => folder.read(path)?,
            Source::Server(server) => server.read(path)?,
        };
        if let Some(bytes) = &found {
            if path == "checkpoint" {
                self.note = Some(bytes.clone());
            } else if let Some(folder) = &self.mirror {
                put(&folder.join(path), bytes).map_err(|error| format!("{error:#}"))?;
            }
        }
        Ok(found)
    }
}

fn put(file: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(file, bytes).with_context(|| format!("{} cannot be written", file.display()))
}

/// Ends the log of a district and begins another.
pub async fn begin_anew(machine: &Machine, district: Option<&str>) -> anyhow::Result<()> {
    super::backup::exists(&machine.config)?;
    let db = Db::open(&machine.config).await?;
    let id = match district {
        None => DistrictId::CITY,
        Some(code) => {
            let served = linli_territory::queries::districts(&mut db.read().await?.conn()).await?;
            served
                .into_iter()
                .find(|one| one.division == code)
                .map(|one| one.id)
                .with_context(|| format!("no district {code}"))?
        }
    };
    let vault = Vault::new(&key::key_for(machine, &db, false).await?, machine.rng.clone());
    let mut tx = db.begin(id).await?;
    let old = linli_record::queries::district_log(&mut tx.conn()?, id).await?.context("no log was begun there yet")?;
    // What its checkpoints call it goes on where it was.
    let base = old.origin.split_once("/log/").map_or(old.origin.as_str(), |(host, _)| host).to_owned();
    let keeper = LogKeeper::new(vault, &base, std::sync::Arc::new(InFolder(machine.config.folder.clone())));
    let ctx = Ctx::system("log-anew", machine.clock.clone(), machine.rng.clone());
    let head = linli_record::commands::begin_anew(&ctx, &mut tx, &keeper).await?;
    tx.commit().await?;
    writeln!(std::io::stdout(), "The public log {} follows {} and has the key {}", head.origin, old.origin, head.key)?;
    db.close().await;
    Ok(())
}

//! Open311 from the machine itself: keys of programs, and the check of any server.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::ensure;
use linli_access::Ctx;
use linli_db::Db;
use linli_kernel::DistrictId;
use linli_open311::check::{Client, Line, Options, Verdict};

use super::files::open_or_find;
use crate::Machine;
use crate::cli::{Open311Check, Open311Key};

/// Where machines keep the certificates they believe.
const BELIEVED: [&str; 4] =
    ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"];

/// Carries a command about keys out.
pub async fn keys(machine: &Machine, action: &Open311Key) -> anyhow::Result<()> {
    let db = Db::open(&machine.config).await?;
    let ctx = Ctx::system("open311-key", machine.clock.clone(), machine.rng.clone());
    let mut out = std::io::stdout();
    match action {
        Open311Key::Add { name, district } => {
            let mut tx = db.begin(served(&ctx, &db, district.as_deref()).await?).await?;
            let key = linli_open311::keys::add(&ctx, &mut tx, name).await?;
            tx.commit().await?;
            writeln!(out, "{}", key.secret_text())?;
        }
        Open311Key::Revoke { name, district } => {
            let mut tx = db.begin(served(&ctx, &db, district.as_deref()).await?).await?;
            linli_open311::keys::revoke(&ctx, &mut tx, name).await?;
            tx.commit().await?;
            writeln!(out, "{name} is revoked")?;
        }
        Open311Key::List { district } => {
            let district = served(&ctx, &db, district.as_deref()).await?;
            for key in linli_open311::keys::list(&ctx, &mut db.read().await?.conn(), district).await? {
                let state = if key.revoked_at.is_some() { "revoked" } else { "open" };
                writeln!(out, "{}\t{}\t{state}", key.name, key.created_at.rfc3339())?;
            }
        }
    }
    db.close().await;
    Ok(())
}

/// The district that is meant, which must be one that is served.
pub(super) async fn served(ctx: &Ctx, db: &Db, code: Option<&str>) -> anyhow::Result<DistrictId> {
    if let Some(code) = code {
        let known = linli_territory::queries::district_by_division(&mut db.read().await?.conn(), code).await?;
        ensure!(known.is_some(), "the district {code} is not served here");
    }
    open_or_find(ctx, db, code).await
}

/// Checks a server and prints a line a check. False when one was wrong.
pub async fn check(how: &Open311Check) -> anyhow::Result<bool> {
    let known = BELIEVED.iter().map(Path::new).find(|file| file.exists()).map(Path::to_path_buf);
    let believed: Option<PathBuf> = how.ca.clone().or(known);
    let client = Client::new(&how.url, believed.as_deref(), Duration::from_secs(how.timeout))?;
    let options = Options { api_key: how.api_key.clone(), jurisdiction: how.jurisdiction.clone(), write: how.write };
    let (mut right, mut left) = (0, 0);
    let mut tell = |line: Line| {
        right += usize::from(line.verdict == Verdict::Right);
        left += usize::from(line.verdict == Verdict::Left);
        // Whoever closed the pipe does not want to know.
        let _ = writeln!(std::io::stdout(), "{line}");
    };
    let wrong = linli_open311::check::check(&client, &options, &mut tell).await;
    writeln!(std::io::stdout(), "{right} as the specification says, {wrong} not, {left} not asked")?;
    Ok(wrong == 0)
}

//! Erasing on request, from the machine itself.

use std::io::Write as _;

use linli_access::Ctx;
use linli_cases::commands::erase_personal;
use linli_db::Db;

use super::keys::served;
use crate::Machine;
use crate::cli::Erase;

/// Erases what a reporter left behind of one case.
pub async fn run(machine: &Machine, what: &Erase) -> anyhow::Result<()> {
    let db = Db::open(&machine.config).await?;
    let ctx = Ctx::system("erase", machine.clock.clone(), machine.rng.clone());
    let mut tx = db.begin(served(&ctx, &db, what.district.as_deref()).await?).await?;
    let erased = erase_personal(&ctx, &mut tx, &what.number, &what.reason).await?;
    tx.commit().await?;
    let phone = if erased.phone { "the phone number" } else { "no phone number, there was none" };
    writeln!(
        std::io::stdout(),
        "{}: erased {phone}; {} lines of the journal lost their words. Description and photos stay, and so does what older backups hold",
        what.number,
        erased.words
    )?;
    db.close().await;
    Ok(())
}

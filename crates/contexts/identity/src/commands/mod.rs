//! What changes accounts, sessions and claims. The caller begins and commits; transactions about accounts are the city's.

mod accounts;
mod homes;
mod sessions;

pub use accounts::{
    SetUp, check_password, create_account, disable_account, enable_account, make_password_link, make_setup_link,
    set_password_by_link, set_up,
};
pub use homes::{claim_home, claim_of_session, district_of_code, end_claims, follow_move, make_claim_code, release_home};
pub use sessions::{change_password, choose_appointment, open_session, sign_in, sign_out};

use linli_access::Ctx;
use linli_db::Tx;

use crate::error::IdentityError;
use crate::store;

/// Removes sessions, links and codes that have run out, and failed attempts a day old; gives how many. A job calls it.
///
/// # Errors
/// Store errors.
pub async fn sweep(ctx: &Ctx, tx: &mut Tx) -> Result<u64, IdentityError> {
    Ok(store::sweep(&mut tx.conn()?, ctx.now()).await?)
}

//! The pages and files of this room. All of them are public.

pub(crate) mod entry;
pub(crate) mod files;
pub(crate) mod logs;

use linli_kernel::DistrictId;
use linli_webkit::AppError;

use crate::error::RecordError;
use crate::model::{EntryId, LogId};

/// The log that an address names.
pub(crate) fn log_of(text: &str) -> Result<LogId, AppError> {
    text.parse().map_err(|_| RecordError::NotFound.into())
}

/// The district and the entry that an address names. An entry is found in whichever log of the district it is.
pub(crate) fn entry_of(log: &str, entry: &str) -> Result<(DistrictId, EntryId), AppError> {
    let entry = entry.parse().map_err(|_| RecordError::NotFound)?;
    Ok((log_of(log)?.district, entry))
}

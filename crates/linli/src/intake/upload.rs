//! A form with a file that may be large: the file goes to disk piece by piece, so that memory stays flat whatever is sent.

use std::path::PathBuf;
use std::task::Poll;

use axum::body::Body;
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_LENGTH;
use futures_util::StreamExt as _;
use futures_util::stream::poll_fn;
use linli_kernel::{Code, Status};
use linli_webkit::{AppError, FieldProblem, FormMap};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;

/// Largest form with its file. Larger files are brought in by the command line.
pub const MOST: usize = 200 * 1024 * 1024;
/// Longest text of a field; a mapping file is one.
const MOST_TEXT: usize = 256 * 1024;
/// More fields than this form has.
const MOST_FIELDS: usize = 40;
/// The form is larger than it may be.
const TOO_LARGE: Code = Code::new("intake.too_large", Status::TooLarge);

/// What was sent.
pub struct Sent {
    /// The fields; that of a mapping file is named `mapping_file` and holds its text.
    pub form: FormMap,
    /// The file, in a folder that goes when this is dropped.
    pub file: Option<SentFile>,
}

/// A file that was sent.
pub struct SentFile {
    /// The folder.
    pub folder: TempDir,
    /// Where it is.
    pub path: PathBuf,
}

impl<S: Send + Sync> FromRequest<S> for Sent {
    type Rejection = AppError;

    async fn from_request(mut request: Request, _: &S) -> Result<Self, AppError> {
        let declared = request.headers().get(CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
        if declared.is_some_and(|bytes| bytes > u64::try_from(MOST).unwrap_or(u64::MAX)) {
            return Err(too_large());
        }
        DefaultBodyLimit::max(MOST).apply(&mut request);
        let request = request.map(piece_by_piece);
        let mut parts = Multipart::from_request(request, &()).await.map_err(|e| AppError::new(MALFORMED).caused_by(e))?;
        let mut pairs: Vec<(String, String)> = Vec::new();
        let mut file = None;
        while let Some(part) = parts.next_field().await.map_err(refused)? {
            let name = part.name().unwrap_or_default().to_owned();
            match (name.as_str(), part.file_name().map(str::to_owned)) {
                ("file", Some(sent_as)) if file.is_none() => file = keep(part, &sent_as).await?,
                (_, Some(_)) if name != "mapping_file" => {}
                _ if pairs.len() >= MOST_FIELDS => return Err(AppError::new(MALFORMED).caused_by("too many form fields")),
                _ => pairs.push((name.clone(), text(part, &name).await?)),
            }
        }
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        Ok(Self { form: FormMap::from_pairs(&pairs), file })
    }
}

/// The body with a breath after every piece: the reader of forms takes whatever is ready before it hands anything on, so a sender
/// quicker than the disk would otherwise pile up in memory.
fn piece_by_piece(body: Body) -> Body {
    let mut pieces = body.into_data_stream();
    let mut breathe = false;
    Body::from_stream(poll_fn(move |cx| {
        if std::mem::take(&mut breathe) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let piece = pieces.poll_next_unpin(cx);
        breathe = piece.is_ready();
        piece
    }))
}

const MALFORMED: Code = linli_webkit::error::codes::MALFORMED;

fn too_large() -> AppError {
    AppError::new(TOO_LARGE).arg("mb", MOST / (1024 * 1024))
}

fn refused(error: MultipartError) -> AppError {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE { too_large() } else { AppError::new(MALFORMED).caused_by(error) }
}

/// Writes a file as it comes; none when it is empty, as an empty file field of a browser is.
async fn keep(mut part: Field<'_>, sent_as: &str) -> Result<Option<SentFile>, AppError> {
    let folder = tempfile::tempdir().map_err(AppError::internal)?;
    let path = folder.path().join(safe(sent_as));
    let mut file = tokio::fs::File::create(&path).await.map_err(AppError::internal)?;
    let mut any = false;
    while let Some(piece) = part.chunk().await.map_err(refused)? {
        any |= !piece.is_empty();
        file.write_all(&piece).await.map_err(AppError::internal)?;
    }
    file.flush().await.map_err(AppError::internal)?;
    Ok(any.then_some(SentFile { folder, path }))
}

async fn text(mut part: Field<'_>, name: &str) -> Result<String, AppError> {
    let mut bytes = Vec::new();
    while let Some(piece) = part.chunk().await.map_err(refused)? {
        bytes.extend_from_slice(&piece);
        if bytes.len() > MOST_TEXT {
            return Err(AppError::invalid(vec![
                FieldProblem::new(name, "field-too-long").arg("max", MOST_TEXT).arg("found", bytes.len()),
            ]));
        }
    }
    String::from_utf8(bytes).map_err(|_| AppError::invalid(vec![FieldProblem::new(name, "field-control-character")]))
}

/// The name as it was sent without anything that could lead out of the folder; its ending is believed no further than its bytes.
fn safe(sent_as: &str) -> String {
    let name = sent_as.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = name.chars().filter(|c| !c.is_control()).take(60).collect();
    if name.trim_matches('.').is_empty() { "upload".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_never_leads_out_of_the_folder() {
        for (sent, kept) in [
            ("../../etc/passwd", "passwd"),
            ("C:\\x\\小区.xlsx", "小区.xlsx"),
            ("..", "upload"),
            ("", "upload"),
            ("a\0b.csv", "ab.csv"),
        ] {
            assert_eq!(safe(sent), kept);
        }
    }
}

use std::convert::Infallible;
use std::future::ready;
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener as Bound};
use std::sync::Arc;
use std::time::Duration;

use cam_explain::{Cancel, Error};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_io_timeout::TimeoutStream;

use super::{Site, reply, routes};

/// How often it is looked whether the end was asked for.
const POLL: Duration = Duration::from_millis(50);

/// The head of a request at most: addresses hold the whole state of a page.
const MOST_HEAD: usize = 64 << 10;

/// Listens at an address.
///
/// # Errors
/// Where it is taken.
pub fn bound(address: SocketAddr) -> Result<Bound, Error> {
    let bound = Bound::bind(address).and_then(|bound| {
        bound.set_nonblocking(true)?;
        Ok(bound)
    });
    bound.map_err(|why| match why.kind() {
        ErrorKind::AddrInUse => {
            Error::failed(format_args!("port {} is in use; choose another", address.port()))
        }
        _ => Error::failed(format_args!("{address} cannot be listened at: {why}")),
    })
}

/// Answers requests until the end is asked for.
///
/// # Errors
/// Where the system gives no event loop.
pub fn serve(bound: Bound, site: Site, end: &Cancel) -> Result<(), Error> {
    let failed = |why| Error::failed(format_args!("the page cannot be served: {why}"));
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let connections = site.limits.connections;
    let served = runtime.block_on(async {
        let listener = TcpListener::from_std(bound).map_err(failed)?;
        let (site, free) = (Arc::new(site), Arc::new(Semaphore::new(connections)));
        while !end.is_cancelled() {
            let Ok(Ok(place)) = timeout(POLL, Arc::clone(&free).acquire_owned()).await else {
                continue;
            };
            match timeout(POLL, listener.accept()).await {
                Ok(Ok((stream, _))) => {
                    let site = Arc::clone(&site);
                    tokio::spawn(async move {
                        connection(stream, site).await;
                        drop(place);
                    });
                }
                // Of too many open files some are closed soon.
                Ok(Err(error)) => {
                    log::debug!("a connection was lost before it began: {error}");
                    sleep(POLL).await;
                }
                Err(_) => {}
            }
        }
        Ok(())
    });
    // Whoever still waits is cut off, and their work ended.
    runtime.shutdown_background();
    served
}

async fn connection(stream: TcpStream, site: Arc<Site>) {
    // Small answers should leave at once.
    let _ = stream.set_nodelay(true);
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(site.limits.take));
    let head = site.limits.head;
    let service = service_fn(move |request| answer(request, Arc::clone(&site)));
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head)
        .max_buf_size(MOST_HEAD)
        .serve_connection(TokioIo::new(Box::pin(stream)), service)
        .await;
    if let Err(error) = served {
        log::debug!("a connection ended early: {error}");
    }
}

async fn answer(request: Request<Incoming>, site: Arc<Site>) -> Result<reply::Reply, Infallible> {
    let path = request.uri().path().to_owned();
    // A target with a host of its own is for proxies, and this is none.
    if request.uri().authority().is_some() || request.uri().scheme().is_some() {
        return Ok(refused(StatusCode::MISDIRECTED_REQUEST, "this page is no proxy\n"));
    }
    let admitted = site.door.admit(request.method(), &path, request.headers());
    match admitted {
        Ok(place) => Ok(routes::answer(place, request, &site).await),
        Err((status, sentence)) => ready(Ok(refused(status, sentence))).await,
    }
}

fn refused(status: StatusCode, sentence: &str) -> reply::Reply {
    reply::text(status, sentence)
}

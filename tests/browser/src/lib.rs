//! The example for a browser, exported to whoever runs WebAssembly: `run.mjs` beside this file shows how.
//!
//! A page would rather use wasm-bindgen, which writes the JavaScript for it. This takes nothing but the compiler.

#[path = "../../examples/in_memory.rs"]
#[expect(dead_code, reason = "its `main` is the program's")]
mod in_memory;

use std::cell::RefCell;
use std::panic;

use cam_models::ConvNet;

thread_local! {
    static GIVEN: RefCell<[Vec<u8>; 2]> = const { RefCell::new([Vec::new(), Vec::new()]) };
    static ANSWER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static NETWORK: RefCell<Option<ConvNet>> = const { RefCell::new(None) };
}

fn answer(bytes: Vec<u8>) {
    ANSWER.with_borrow_mut(|answer| *answer = bytes);
}

/// Loads the network: whether it could. A panic's message becomes the answer.
#[unsafe(no_mangle)]
extern "C" fn cam_load() -> bool {
    panic::set_hook(Box::new(|panic| answer(panic.to_string().into_bytes())));
    match in_memory::network() {
        Ok(network) => NETWORK.set(Some(network)),
        Err(error) => answer(error.to_string().into_bytes()),
    }
    NETWORK.with_borrow(Option::is_some)
}

/// Room for the bytes of the image (0) or of the concept (1), which are to be written there.
#[unsafe(no_mangle)]
extern "C" fn cam_room(which: usize, length: usize) -> *mut u8 {
    GIVEN.with_borrow_mut(|given| {
        given[which] = vec![0; length];
        given[which].as_mut_ptr()
    })
}

/// The cosine, with the picture as the answer; NaN, with the reason as the answer.
#[unsafe(no_mangle)]
extern "C" fn cam_explain() -> f32 {
    let explained = NETWORK.with_borrow(|network| {
        let network = network.as_ref().ok_or("cam_load comes first")?;
        GIVEN.with_borrow(|[image, concept]| in_memory::explain(network, image, concept))
    });
    let (cosine, bytes) =
        explained.unwrap_or_else(|error| (f32::NAN, error.to_string().into_bytes()));
    answer(bytes);
    cosine
}

/// Where the last answer lies.
#[unsafe(no_mangle)]
extern "C" fn cam_answer() -> *const u8 {
    ANSWER.with_borrow(|answer| answer.as_ptr())
}

/// Its length in bytes.
#[unsafe(no_mangle)]
extern "C" fn cam_answer_length() -> usize {
    ANSWER.with_borrow(Vec::len)
}

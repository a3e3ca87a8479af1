//! The operating system's randomness, fixed on simulation threads.
//!
//! The standard library's hash maps inside dependencies take their keys from `getrandom`, and
//! their order gets into bytes: OpenMLS orders the proposals of a commit by one. So this file
//! exports a `getrandom` of its own, which the linker prefers to libc's. On a thread that was
//! [`arm`]ed it returns bytes that follow from the seed alone, the *same at each call*: a stream
//! would shift between a process's first run and later ones, because some callers ask once per
//! process. On all other threads it makes the real system call.
//!
//! Linux only; elsewhere runs work, and byte equality is not promised. Code that makes the system
//! call itself, past libc, is not caught.

use std::cell::Cell;

thread_local! {
    static SEED: Cell<Option<u64>> = const { Cell::new(None) };
}

/// Fixes this thread's `getrandom` for the rest of the thread's life.
pub fn arm(seed: u64) {
    SEED.set(Some(seed));
}

/// Whether runs on this system give equal bytes for equal seeds.
pub const PROMISED: bool = cfg!(target_os = "linux");

#[cfg(target_os = "linux")]
mod interposer {
    use sha2::{Digest as _, Sha256};

    use super::SEED;

    /// Bytes that follow from the seed alone.
    fn fill(seed: u64, buffer: &mut [u8]) {
        for (place, block) in buffer.chunks_mut(32).enumerate() {
            let mut hash = Sha256::new();
            hash.update(b"entropy");
            hash.update(seed.to_be_bytes());
            hash.update((place as u64).to_be_bytes());
            block.copy_from_slice(&hash.finalize()[..block.len()]);
        }
    }

    /// libc's `getrandom`, for the whole program.
    ///
    /// # Safety
    /// As for libc's: `buffer` is null with a length of 0, or good for `length` bytes of writing.
    #[allow(unsafe_code, reason = "the one place that stands in for a function of libc")]
    #[unsafe(no_mangle)]
    unsafe extern "C" fn getrandom(
        buffer: *mut libc::c_void,
        length: libc::size_t,
        flags: libc::c_uint,
    ) -> libc::ssize_t {
        match SEED.try_with(std::cell::Cell::get) {
            Ok(Some(seed)) if length > 0 && !buffer.is_null() => {
                // SAFETY: the caller promises `length` writable bytes at `buffer`.
                let bytes = unsafe { std::slice::from_raw_parts_mut(buffer.cast::<u8>(), length) };
                fill(seed, bytes);
                length as libc::ssize_t
            }
            // SAFETY: the arguments are passed on as they came.
            _ => unsafe {
                libc::syscall(libc::SYS_getrandom, buffer, length, flags) as libc::ssize_t
            },
        }
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    /// What a caller of libc gets.
    #[allow(unsafe_code, reason = "calls libc as dependencies do")]
    fn draw() -> [u8; 40] {
        let mut bytes = [0; 40];
        // SAFETY: 40 writable bytes.
        let got = unsafe { libc::getrandom(bytes.as_mut_ptr().cast(), bytes.len(), 0) };
        assert_eq!(got, 40);
        bytes
    }

    /// What a caller gets that looks `getrandom` up at run time, as some crates do.
    #[allow(unsafe_code, reason = "calls libc as dependencies do")]
    fn draw_by_name() -> [u8; 16] {
        type GetRandom = unsafe extern "C" fn(*mut u8, usize, u32) -> isize;
        let mut bytes = [0; 16];
        // SAFETY: the symbol has this signature in libc and here; 16 writable bytes.
        let got = unsafe {
            let found = libc::dlsym(libc::RTLD_DEFAULT, c"getrandom".as_ptr());
            assert!(!found.is_null());
            let function: GetRandom = std::mem::transmute(found);
            function(bytes.as_mut_ptr(), bytes.len(), 0)
        };
        assert_eq!(got, 16);
        bytes
    }

    fn on_armed_thread<T: Send + 'static>(seed: u64, work: fn() -> T) -> T {
        let body = move || {
            arm(seed);
            work()
        };
        std::thread::spawn(body).join().unwrap()
    }

    #[test]
    fn an_ordinary_thread_still_gets_bytes_that_vary() {
        assert_ne!(draw(), draw());
    }

    #[test]
    fn an_armed_thread_gets_the_same_bytes_at_each_call() {
        let (first, second) = on_armed_thread(5, || (draw(), draw()));
        assert_eq!(first, second);
        assert_eq!(first, on_armed_thread(5, draw));
        assert_ne!(first, on_armed_thread(6, draw));
    }

    #[test]
    fn a_caller_that_looks_it_up_at_run_time_gets_the_same_bytes() {
        let (linked, by_name) = on_armed_thread(5, || (draw(), draw_by_name()));
        assert_eq!(linked[..16], by_name);
    }

    #[test]
    #[allow(clippy::disallowed_types, reason = "the order of a dependency's maps is the point")]
    fn a_standard_hash_map_has_one_order_on_all_armed_threads_of_a_seed() {
        let order = || {
            let map: std::collections::HashMap<u32, ()> = (0..200).map(|n| (n, ())).collect();
            map.into_keys().collect::<Vec<_>>()
        };
        assert_eq!(on_armed_thread(5, order), on_armed_thread(5, order));
        assert_ne!(on_armed_thread(5, order), on_armed_thread(6, order));
    }
}

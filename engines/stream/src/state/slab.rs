//! Places for many records of one size, handed out and taken back by number.

/// Records in one chunk: memory grows by chunks, nothing is ever moved.
const CHUNK: usize = 4096;

/// No place.
pub(crate) const NIL: u32 = u32::MAX;

/// Records of one size.
#[derive(Debug)]
pub(crate) struct Slab<T> {
    chunks: Vec<Vec<T>>,
    free: Vec<u32>,
    used: usize,
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Slab { chunks: Vec::new(), free: Vec::new(), used: 0 }
    }
}

impl<T: Copy> Slab<T> {
    /// Puts a record and says where.
    pub fn put(&mut self, record: T) -> u32 {
        self.used += 1;
        if let Some(place) = self.free.pop() {
            *self.get_mut(place) = record;
            return place;
        }
        if self.chunks.last().is_none_or(|chunk| chunk.len() == CHUNK) {
            self.chunks.push(Vec::with_capacity(CHUNK));
        }
        let base = (self.chunks.len() - 1) * CHUNK;
        let chunk = self.chunks.last_mut().expect("a chunk was just made");
        chunk.push(record);
        (base + chunk.len() - 1) as u32
    }

    /// Takes a place back.
    pub fn take(&mut self, place: u32) {
        self.used -= 1;
        self.free.push(place);
    }

    pub fn get(&self, place: u32) -> &T {
        &self.chunks[place as usize / CHUNK][place as usize % CHUNK]
    }

    pub fn get_mut(&mut self, place: u32) -> &mut T {
        &mut self.chunks[place as usize / CHUNK][place as usize % CHUNK]
    }

    /// Records in use.
    pub fn used(&self) -> usize {
        self.used
    }

    /// Bytes held, used or not.
    pub fn bytes(&self) -> usize {
        self.chunks.len() * CHUNK * size_of::<T>() + self.free.capacity() * 4
    }

    /// How many places were ever handed out: places run from 0 to this.
    pub fn places(&self) -> usize {
        match self.chunks.last() {
            Some(last) => (self.chunks.len() - 1) * CHUNK + last.len(),
            None => 0,
        }
    }
}

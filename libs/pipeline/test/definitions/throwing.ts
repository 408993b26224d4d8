throw new TypeError('this file is not ready');

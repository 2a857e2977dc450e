// Builds what `npm start`, the package and the container run: dist/web and dist/server.
import './build-pages.ts'
import './build-server.ts'
